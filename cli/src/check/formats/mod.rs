//! What was found, in the form that was asked for.

mod github;
mod human;
mod json;
mod root;
mod sarif;

use super::{Format, Report};

/// The whole report, with a line break at its end.
pub(super) fn write(report: &Report<'_>, format: Format) -> String {
    match format {
        Format::Human => human::write(report),
        Format::Json => json::write(report),
        Format::Sarif => sarif::write(report),
        Format::Github => github::write(report),
    }
}
