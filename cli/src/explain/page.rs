//! The page of a rule or a symptom for a terminal.
//!
//! Written by hand: our pages use a small subset of Markdown, each element on separate lines, and a parser would leave the
//! layout to do.

use anstyle::{AnsiColor, Style};
use sockeye_rules::{Level, Rule, Symptom, render::Look};

use super::{
    index::{bold, styled, when},
    wrap::wrap,
};

/// Names, types and commands within a sentence, and whole lines of them.
const CODE: Style = AnsiColor::Cyan.on_default();

/// Pages use this subset of Markdown.
enum Block<'a> {
    Blank,
    Heading(&'a str),
    /// Of a table.
    Row(&'a str),
    /// A line of code.
    Code(&'a str),
    /// A paragraph, or a list item.
    Text {
        mark: &'static str,
        words: String,
    },
}

/// Writes the page of a rule.
pub(super) fn write(rule: &Rule, look: Look, width: usize) -> String {
    let standing = Block::Text { mark: "", words: standing(rule) };
    // The first line is the rule's name again.
    let rest = rule.page.split_once('\n').map_or("", |(_, rest)| rest);
    let blocks = [Block::Heading(rule.name), standing].into_iter().chain(read(rest));
    blocks.map(|block| one(&block, look, width) + "\n").collect()
}

/// Renders the page of a symptom: its meaning, and the rules that can be the cause.
pub(super) fn write_symptom(symptom: &Symptom, look: Look, width: usize) -> String {
    let column = symptom.causes.iter().map(|(rule, _)| rule.name.len()).max().unwrap_or(0);
    let causes = symptom.causes.iter().map(|(rule, cause)| {
        let name = format!("{:column$}", rule.name);
        let text = wrap(cause, width, &format!("  {name}  "));
        // The name is searched only at the start: a cause may contain it.
        spans(&text, look).replacen(&name, &styled(&name, CODE, look), 1) + "\n"
    });
    let causes: String = causes.collect();
    let advice = spans(&wrap(symptom.advice, width, ""), look);
    format!(
        "{}\n\n{advice}\n\n{causes}\nEach rule has a page: cargo sockeye explain {}\n",
        bold(symptom.title, look),
        symptom.causes.first().map_or("RULE", |(rule, _)| rule.name),
    )
}

/// What happens when the rule fires, when, and whether that can be turned off.
fn standing(rule: &Rule) -> String {
    let when = when(rule.phase);
    match rule.level {
        Level::Event(level) => format!("logged at {}, {when}", level.name()),
        level if level.can_be_allowed() => {
            format!("{}, checked {when}; can be allowed with a reason", level.word())
        }
        level => format!("{}, checked {when}", level.word()),
    }
}

fn read(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut in_code = false;
    for line in page.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        } else if in_code {
            blocks.push(Block::Code(line));
        } else {
            read_line(line, &mut blocks);
        }
    }
    blocks
}

fn read_line<'a>(line: &'a str, blocks: &mut Vec<Block<'a>>) {
    if line.is_empty() {
        blocks.push(Block::Blank);
    } else if line.starts_with('#') {
        blocks.push(Block::Heading(line.trim_start_matches(['#', ' '])));
    } else if line.starts_with('|') {
        blocks.push(Block::Row(line));
    } else if let Some(item) = line.strip_prefix("- ") {
        blocks.push(Block::Text { mark: "- ", words: item.to_owned() });
    } else if let Some(Block::Text { words, .. }) = blocks.last_mut() {
        words.push(' ');
        words.push_str(line.trim_start());
    } else {
        blocks.push(Block::Text { mark: "", words: line.to_owned() });
    }
}

fn one(block: &Block<'_>, look: Look, width: usize) -> String {
    match block {
        Block::Blank | Block::Code("") => String::new(),
        Block::Heading(heading) => bold(heading, look),
        Block::Row(row) => spans(row, look),
        Block::Code(line) => format!("    {}", styled(line, CODE, look)),
        Block::Text { mark, words } => spans(&wrap(words, width, mark), look),
    }
}

/// Code spans are coloured; without colours they keep their backticks.
fn spans(text: &str, look: Look) -> String {
    if look == Look::Plain {
        return text.to_owned();
    }
    let parts = text.split('`').enumerate().map(|(index, part)| match index % 2 {
        0 => part.to_owned(),
        _ => styled(part, CODE, look),
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use sockeye_rules::{NO_RECEIVE_LOOP, NOT_AN_UPGRADE, RULES};

    use super::*;

    #[test]
    fn paragraphs_items_and_code_are_told_apart() {
        let page = "a\nb\n\n- c\n  d\n- e\n\n## F\n\n```rust,ignore\n# g\n\n- h\n```\n| i | j |";
        let text: Vec<_> = read(page).iter().map(|block| one(block, Look::Plain, 100)).collect();
        assert_eq!(text, ["a b", "", "- c d", "- e", "", "F", "", "    # g", "", "    - h", "| i | j |"]);
    }

    #[test]
    fn code_has_a_colour_instead_of_backticks() {
        let text = spans("see `a` and `b c`", Look::Colours);
        assert_eq!(text, "see \u{1b}[36ma\u{1b}[0m and \u{1b}[36mb c\u{1b}[0m");
    }

    #[test]
    fn a_page_says_how_much_it_matters() {
        let standing = |rule| write(rule, Look::Plain, 200).lines().nth(1).unwrap_or_default().to_owned();
        assert!(standing(&NO_RECEIVE_LOOP).ends_with("; can be allowed with a reason"));
        assert_eq!(standing(&NOT_AN_UPGRADE), "logged at WARN, for each handshake and each connection");
    }

    #[test]
    fn every_page_is_in_this_part_of_markdown() {
        for rule in RULES {
            let fences = rule.page.lines().filter(|line| line.starts_with("```")).count();
            assert_eq!(fences % 2, 0, "{}", rule.name);
            let unknown =
                rule.page.lines().find(|line| line.starts_with(['*', '>', '\t', '+']) || line.contains("]("));
            // Code may begin with anything.
            let is_code = |line: &str| {
                read(rule.page).iter().any(|block| matches!(block, Block::Code(code) if *code == line))
            };
            assert!(unknown.is_none_or(is_code), "{}: {unknown:?}", rule.name);
        }
    }
}
