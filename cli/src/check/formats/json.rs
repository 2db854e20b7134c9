//! For scripts: one document.

use serde_json::{Value, json};

use super::super::{
    Report,
    finding::{Finding, Place},
};

/// Version of the format: incremented when a field is removed or changes its meaning.
const VERSION: u32 = 1;

pub(super) fn write(report: &Report<'_>) -> String {
    let document = json!({
        "version": VERSION,
        "ok": report.findings.is_empty(),
        "files": report.files,
        "handlers": report.handlers,
        "not_understood": report.unseen.values().sum::<usize>(),
        "errors": report.errors(),
        "warnings": report.warnings(),
        "findings": report.findings.iter().map(|(path, finding)| one(path, finding)).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

/// Lines and columns count from 1, columns in Unicode characters; the end is one past the last character.
fn one(path: &str, finding: &Finding) -> Value {
    let Finding { rule, place, .. } = finding;
    json!({
        "rule": rule.name,
        "phase": rule.phase.name(),
        "level": rule.level.word(),
        "message": finding.message,
        "expected": finding.expected,
        "notes": finding.notes,
        "help": finding.help,
        "file": path,
        "line": place.start.line,
        "column": place.start.column,
        "end_line": place.end.line,
        "end_column": place.end.column,
        "label": place.label,
        "related": finding.related.iter().map(related).collect::<Vec<_>>(),
    })
}

fn related(place: &Place) -> Value {
    json!({
        "line": place.start.line,
        "column": place.start.column,
        "end_line": place.end.line,
        "end_column": place.end.column,
        "label": place.label,
    })
}
