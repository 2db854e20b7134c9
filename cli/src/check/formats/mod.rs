//! The findings, in the requested format.

mod github;
mod human;
mod json;
mod root;
mod sarif;

use super::{Format, Report};

/// The whole report, with a final line break.
pub(super) fn write(report: &Report<'_>, format: Format) -> String {
    match format {
        Format::Human => human::write(report),
        Format::Json => json::write(report),
        Format::Sarif => sarif::write(report),
        Format::Github => github::write(report),
    }
}
