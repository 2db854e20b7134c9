//! Lists of rules and symptoms.

use anstyle::Style;
use sockeye_rules::{Phase, RULES, SYMPTOMS, render::Look};

use super::wrap::wrap;

/// The rules by phase, each with its summary; in a pipe, one per line.
pub(super) fn write(look: Look, width: Option<usize>) -> String {
    let column = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for phase in Phase::ALL {
        let heading = format!("{}: {}", phase.name(), when(phase));
        text.push_str(&bold(&heading, look));
        text.push('\n');
        for rule in RULES.iter().filter(|rule| rule.phase == phase) {
            text.push_str(&line(rule.name, rule.summary(), column, width));
        }
        text.push('\n');
    }
    text.push_str(&bold("symptom: what a client or a server shows", look));
    text.push('\n');
    let codes = SYMPTOMS.iter().map(|symptom| line(symptom.name, symptom.title, column, width));
    text.extend(codes);
    text.push_str("\ncargo sockeye explain NAME shows the page of a rule or a symptom\n");
    text
}

/// The pages that match the question.
pub(super) fn write_several(asked: &str, pages: &[(&str, &str)], look: Look, width: Option<usize>) -> String {
    let column = pages.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let heading = bold(&format!("{} pages match `{asked}`", pages.len()), look);
    let lines: String = pages.iter().map(|(name, summary)| line(name, summary, column, width)).collect();
    format!("{heading}\n{lines}\ncargo sockeye explain NAME shows one of them\n")
}

/// When the rules of a phase are checked.
pub(super) fn when(phase: Phase) -> &'static str {
    match phase {
        Phase::Signature => "at `cargo check`, the handler's signature and route",
        Phase::Lifecycle => "at `cargo check`, what the handler does with its handshake and socket",
        Phase::Startup => "when the server starts, before the port is bound",
        Phase::Run => "for each handshake and each connection",
        Phase::Axum => "by `cargo sockeye check`, handlers that use axum's own WebSockets",
        Phase::Source => "by `cargo sockeye check`, the files themselves",
    }
}

fn line(name: &str, summary: &str, column: usize, width: Option<usize>) -> String {
    wrap(summary, width.unwrap_or(usize::MAX), &format!("  {name:column$}  ")) + "\n"
}

pub(super) fn bold(text: &str, look: Look) -> String {
    styled(text, Style::new().bold(), look)
}

pub(super) fn styled(text: &str, style: Style, look: Look) -> String {
    match look {
        Look::Plain => text.to_owned(),
        Look::Colours => format!("{style}{text}{style:#}"),
    }
}
