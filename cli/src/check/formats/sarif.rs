//! For code scanning: SARIF 2.1.0.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>; in brackets, the sections of it.

use serde_json::{Value, json};
use sockeye_rules::{Phase, RULES, Rule};

use super::{
    super::{
        Report,
        finding::{Finding, Place},
    },
    root::Root,
};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The name of the directory that relative addresses start from (3.14.14).
const BASE: &str = "%SRCROOT%";

pub(super) fn write(report: &Report<'_>) -> String {
    let rules = checked_rules();
    let root = Root::find();
    let results: Vec<Value> =
        report.findings.iter().map(|(path, finding)| result(path, finding, &rules, &root)).collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "cargo-sockeye",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { BASE: { "description": { "text": "the root of the repository" } } },
            "results": results,
            "properties": { "handlers": report.handlers, "notUnderstood": report.unseen.values().sum::<usize>() },
        }],
    });
    format!("{document:#}\n")
}

/// The rules that this command checks.
fn checked_rules() -> Vec<&'static Rule> {
    let elsewhere = [Phase::Startup, Phase::Run];
    RULES.iter().copied().filter(|rule| !elsewhere.contains(&rule.phase)).collect()
}

fn described(rule: &Rule) -> Value {
    json!({
        "id": rule.name,
        "shortDescription": { "text": rule.summary().replace('\n', " ") },
        "fullDescription": { "text": why(rule) },
        "help": { "text": rule.page, "markdown": rule.page },
        "defaultConfiguration": { "level": rule.level.word() },
        "properties": { "tags": [rule.phase.name()] },
    })
}

/// The section of the page with this heading.
fn why(rule: &Rule) -> &'static str {
    let section = rule.page.split("\n## ").find_map(|section| section.strip_prefix("Why\n"));
    section.map_or_else(|| rule.summary(), str::trim)
}

fn result(path: &str, finding: &Finding, rules: &[&Rule], root: &Root) -> Value {
    let address = address(path, root);
    let related = finding.related.iter().map(|place| location(&address, place)).collect::<Vec<_>>();
    json!({
        "ruleId": finding.rule.name,
        "ruleIndex": rules.iter().position(|rule| rule.name == finding.rule.name),
        "level": finding.rule.level.word(),
        "message": { "text": message(finding) },
        "locations": [location(&address, &finding.place)],
        "relatedLocations": related,
    })
}

/// Plain text; paragraphs are separated by empty lines (3.11.3).
fn message(finding: &Finding) -> String {
    let expected = finding.expected.iter().map(|signature| format!("expected: {signature}"));
    let notes = finding.notes.iter().map(|note| format!("note: {note}"));
    let lines = [finding.message.clone()].into_iter().chain(expected).chain(notes);
    lines.chain([format!("help: {}", finding.help)]).collect::<Vec<_>>().join("\n\n")
}

fn location(address: &Value, place: &Place) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": address,
            "region": {
                "startLine": place.start.line,
                "startColumn": place.start.column,
                "endLine": place.end.line,
                "endColumn": place.end.column,
            },
        },
    });
    if let Some(label) = &place.label {
        location["message"] = json!({ "text": label });
    }
    location
}

/// Relative to the repository; a file outside of it has an absolute address (3.4.4).
fn address(path: &str, root: &Root) -> Value {
    match root.relative(path) {
        Some(relative) => json!({ "uri": encoded(&relative), "uriBaseId": BASE }),
        None => json!({ "uri": format!("file:///{}", encoded(root.absolute(path).trim_start_matches('/'))) }),
    }
}

/// A path as part of an address: RFC 3986, section 2.3, and the slash. With a colon the text before it would be a
/// scheme.
fn encoded(path: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    path.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_no_character_that_means_something_else() {
        assert_eq!(encoded("src/a b/ü:%.rs"), "src/a%20b/%C3%BC%3A%25.rs");
    }
}
