//! Blocks of code say their language, end, and are compiled.

use pulldown_cmark::{CodeBlockKind, Event, Tag};

use super::document::Document;
use crate::domain::Finding;

pub(super) fn check(document: &Document) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (event, range) in document.events() {
        let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) = event else { continue };
        if language.is_empty() {
            let message = "the block of code does not say its language".to_owned();
            findings.push(
                document
                    .fixable("code fences", range.start, message, |line| format!("{}text", line.trim_end())),
            );
        }
        if language.split(',').any(|word| word.trim() == "ignore") {
            let message = "the block of code is ignored: no test compiles it".to_owned();
            findings.push(document.finding("code fences", range.start, message));
        }
        if !is_closed(&document.text()[range.clone()]) {
            let message = "the block of code is never closed".to_owned();
            findings.push(document.finding("code fences", range.start, message));
        }
    }
    findings
}

/// The last line is a fence, and not the one that opens the block.
fn is_closed(block: &str) -> bool {
    let mut lines = block.trim_end().lines();
    let opening = lines.next().unwrap_or_default().trim_start_matches([' ', '>']);
    let mark = if opening.starts_with('~') { '~' } else { '`' };
    let length = opening.chars().take_while(|char| *char == mark).count();
    let last = lines.last().unwrap_or_default().trim_matches([' ', '>', '\t']);
    last.len() >= length && last.chars().all(|char| char == mark)
}
