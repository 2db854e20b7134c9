//! For people: in the format of rustc, as in the server's startup report.

use std::{fmt::Write, io};

use sockeye_rules::render::{self, Look, Remark, count};

use super::super::{
    Report,
    finding::{Finding, Place},
};

pub(super) fn write(report: &Report<'_>) -> String {
    let look = Look::of(&io::stdout());
    let mut text = String::new();
    for (path, finding) in &report.findings {
        text.push_str(&render::report(&rendered(path, finding), look));
        text.push_str("\n\n");
    }
    for (package, number) in &report.unseen {
        let _ = writeln!(text, "{}", unseen(package, *number));
    }
    text.push_str(&summary(report));
    text.push('\n');
    text
}

fn rendered<'a>(path: &'a str, finding: &'a Finding) -> render::Report<'a> {
    let places = [&finding.place].into_iter().chain(&finding.related);
    let expected = finding.expected.as_deref().map(Remark::Expected);
    let notes = finding.notes.iter().map(|note| Remark::Note(note));
    render::Report {
        rule: finding.rule,
        message: &finding.message,
        places: places.map(|one| place(path, one)).collect(),
        remarks: expected.into_iter().chain(notes).chain([Remark::Help(&finding.help)]).collect(),
    }
}

fn place<'a>(path: &'a str, place: &'a Place) -> render::Place<'a> {
    render::Place {
        path,
        text: &place.lines,
        line: place.start.line,
        span: place.span.clone(),
        label: place.label.as_deref(),
    }
}

/// The functions that the rules could not check, so that the absence of findings is not misleading.
fn unseen(package: &str, number: usize) -> String {
    let (functions, were) = (count(number, "function"), if number == 1 { "was" } else { "were" });
    format!(
        "note: {functions} of `{package}` that upgrade to a WebSocket {were} not checked; `--verbose` lists them"
    )
}

/// The last line, preceded by a hint about `explain`.
pub(super) fn summary(report: &Report<'_>) -> String {
    let looked_at = format!("{} ({})", count(report.handlers, "handler"), count(report.files, "file"));
    let Some((_, first)) = report.findings.first() else {
        return format!("no problem found in {looked_at}");
    };
    let (errors, warnings) = (count(report.errors(), "error"), count(report.warnings(), "warning"));
    let example = first.rule.name;
    format!("more about a rule: `cargo sockeye explain {example}`\n{errors}, {warnings} in {looked_at}")
}
