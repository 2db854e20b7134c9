//! A refusal with an explanation: Sockeye's, with the rule in a header.

use sockeye_rules::{Rule, find};

use super::super::{finding::Finding, head::Head};

/// The rule that the server names, if it exists.
pub(in crate::probe) fn rule(head: &Head) -> Option<&'static Rule> {
    find(head.get("sockeye-rule")?)
}

/// Adds the rule with its summary, and what to do.
pub(in crate::probe) fn explain(finding: Finding, rule: &Rule, origin: Option<&str>) -> Finding {
    let summary = rule.summary().split_whitespace().collect::<Vec<_>>().join(" ");
    let finding = finding.detail("rule", format!("{}: {summary}", rule.name));
    let finding = match rule.name {
        "origin_refused" => finding.help(format!(
            "if that page is yours, write `origins = [\"{}\"]` in `#[ws_endpoint(..)]`",
            origin.unwrap_or("https://app.example.com")
        )),
        "unknown_route" => finding.help("compare the path with the routes of the server: `cargo sockeye routes` lists them and those that the linker dropped; a proxy in front may add or remove a prefix"),
        "layer_panic" => finding.help("a layer or a route of the server program panicked: its panic message shows where"),
        "subprotocol_refused" => finding.help("offer a subprotocol that the endpoint supports, with `--subprotocol NAME`"),
        "handler_refused" => finding.help("the handler refused: send what it requires with `--header 'Name: value'`, or change its condition"),
        "extractor_refused" => finding.help("send what the parameter needs: query string, header or cookie (`--header 'Name: value'`)"),
        _ => finding,
    };
    finding.help(format!(
        "the server log has one line with the reason; `cargo sockeye explain {}` shows the page of the rule",
        rule.name
    ))
}
