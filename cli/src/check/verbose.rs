//! The files and handlers that were checked, for `--verbose`.

use std::fmt::Write;

use sockeye_rules::render::count;

use super::{
    file::{FileReport, Outcome},
    scan::{Handler, Kind},
};

/// One line for each file, and under it one for each handler.
pub(super) fn listing(outcomes: &[Outcome]) -> String {
    outcomes.iter().map(file).collect()
}

fn file(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Checked(report) => checked(report),
        Outcome::Unrelated { path } => format!("{path}: does not mention WebSockets\n"),
        Outcome::Panicked { path, words } => format!("{path}: not checked: {words}\n"),
    }
}

fn checked(report: &FileReport) -> String {
    let unreadable = report.findings.iter().find(|finding| finding.rule == &sockeye_rules::UNREADABLE_SOURCE);
    if let Some(finding) = unreadable {
        return format!("{}: {}\n", report.path, finding.message);
    }
    let mut text = format!("{}: {}\n", report.path, count(report.handlers.len(), "handler"));
    for handler in &report.handlers {
        let note = handler.note.as_ref().map_or_else(String::new, |note| format!("; {note}"));
        let _ = writeln!(text, "  {}: {} ({}{note})", handler.line, handler.name, kind(handler));
    }
    for one in &report.unseen {
        let _ = writeln!(text, "  {}: {} uses an upgrade, but was not checked", one.line, one.name);
    }
    text
}

fn kind(handler: &Handler) -> String {
    match &handler.kind {
        Kind::Endpoint(Some(route)) => format!("endpoint `{route}`"),
        Kind::Endpoint(None) => "endpoint without a route".to_owned(),
        Kind::Helper => "helper".to_owned(),
        Kind::Axum => "axum".to_owned(),
    }
}
