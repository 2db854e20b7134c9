//! A refusal that says itself why it was: Sockeye's, with the rule in a header.

use sockeye_rules::{Rule, find};

use super::super::{answer::Head, finding::Finding};

/// The rule that the server names, if it is one.
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
        "unknown_route" => finding.help("compare the path with the routes of the server: `cargo sockeye routes` lists them and says which the linker dropped; a proxy in front may add a prefix or remove one"),
        "layer_panic" => finding.help("a layer or a route of the server's program panicked: the backtrace of the panic names the place"),
        "subprotocol_refused" => finding.help("offer one that the endpoint speaks, with `--subprotocol NAME`"),
        "handler_refused" => finding.help("the handler decided this: look at its condition, and send what it asks for with `--header 'Name: value'`"),
        "extractor_refused" => finding.help("send what the parameter asks for: query string, header or cookie (`--header 'Name: value'`)"),
        _ => finding,
    };
    finding.help(format!(
        "the server's log has one line for it, with the reason; `cargo sockeye explain {}` has the page of the rule",
        rule.name
    ))
}
