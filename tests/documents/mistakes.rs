//! The guide's table of mistakes: its messages are those of the fixtures, and the rules that it names exist.

use crate::{fixtures, read, rows};

/// The cells with the messages.
fn messages() -> Vec<String> {
    let page = read("runtime/docs/mistakes.md");
    let rows = rows(&page, "| mistake | message |");
    rows.into_iter().map(|cells| (*cells.last().expect("two cells")).to_owned()).collect()
}

/// A message as it is written in a cell, without the ticks around it.
fn quoted(cell: &str) -> &str {
    let twice = cell.strip_prefix("`` ").and_then(|cell| cell.strip_suffix(" ``"));
    twice.or_else(|| cell.strip_prefix('`')?.strip_suffix('`')).unwrap_or_default()
}

/// Whether the parts of a message, between its dots, stand in this order on one line.
fn says(line: &str, message: &str) -> bool {
    let mut rest = line;
    message.split("...").map(str::trim).all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[test]
fn every_message_of_the_table_is_in_a_fixture() {
    let (fixtures, cells) = (fixtures(), messages());
    let messages = cells.iter().map(|cell| quoted(cell));
    let messages: Vec<_> =
        messages.filter(|message| message.starts_with('[') || message.starts_with("error[")).collect();
    assert!(messages.len() > 30, "the table has {} messages", messages.len());
    let is_said =
        |message: &&str| fixtures.iter().flat_map(|fixture| fixture.lines()).any(|line| says(line, message));
    let unsaid: Vec<_> = messages.into_iter().filter(|message| !is_said(message)).collect();
    assert!(unsaid.is_empty(), "runtime/docs/mistakes.md has what no fixture says:\n{}", unsaid.join("\n"));
}

#[test]
fn every_row_names_a_rule() {
    let cells = messages();
    assert!(cells.len() > 45, "the tables have {} rows", cells.len());
    for cell in cells {
        let mut words = cell.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        assert!(words.any(|word| sockeye_rules::find(word).is_some()), "no rule in `{cell}`");
    }
}

#[test]
fn a_message_is_found_by_its_parts() {
    assert!(says("error: [a] the endpoint `x` takes none", "[a] the endpoint ... takes none"));
    assert!(!says("error: [a] the endpoint `x` takes one", "[a] the endpoint ... takes none"));
    assert_eq!(quoted("`` [a] `b` ``"), "[a] `b`");
    assert_eq!(quoted("`[a] b`"), "[a] b");
}
