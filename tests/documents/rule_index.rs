//! The guide's index of rules is made of the catalogue. `UPDATE=1 cargo test -p sockeye-tests --test documents` writes it anew.

use std::fmt::Write as _;

use sockeye_rules::{Level, Phase, RULES, Rule};

use crate::{generated, guide_links::definitions_of};

const HEAD: &str = "\
# All rules

Every rule, in the order in which the gates check them. A rule has the same name in messages, in `allow(..)`, in the log, and in metrics;
its page explains the reason, and shows code that breaks the rule and code that does not. `cargo sockeye explain <rule>` prints the same page.
";

fn when(phase: Phase) -> &'static str {
    match phase {
        Phase::Signature => "At compile time: the signature and the route",
        Phase::Lifecycle => "At compile time: what a handler does with its connection",
        Phase::Startup => "At startup",
        Phase::Run => "While the server runs",
        Phase::Axum => "In handlers of plain axum, by `cargo sockeye check`",
        Phase::Source => "In source files, by `cargo sockeye check`",
    }
}

fn level(rule: &Rule) -> &'static str {
    match rule.level {
        Level::Forbid => "error",
        Level::Deny => "error, can be allowed",
        Level::Warn => "warning, can be allowed",
        Level::Event(level) => level.name(),
    }
}

fn row(rule: &Rule) -> String {
    let summary = rule.summary().replace('\n', " ").replace('|', "\\|");
    format!("| [`{}`] | {} | {summary} |", rule.name, level(rule))
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for phase in Phase::ALL {
        let heading = match phase {
            Phase::Run => "| rule | event | what happened |\n| --- | --- | --- |",
            _ => "| rule | level | what it reports |\n| --- | --- | --- |",
        };
        let rows: Vec<_> = RULES.iter().filter(|rule| rule.phase == phase).map(|rule| row(rule)).collect();
        write!(page, "\n# {}\n\n{heading}\n{}\n", when(phase), rows.join("\n")).expect("a string");
    }
    page + "\n" + &definitions_of(RULES.iter().copied())
}

#[test]
fn every_rule_is_in_the_index() {
    generated("runtime/docs/rules.md", &page());
}
