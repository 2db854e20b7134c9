//! Parses a file into its syntax tree, or into a single finding that says why not.

use proc_macro2::{LexError, Span, TokenStream};
use sockeye_rules::UNREADABLE_SOURCE;

use super::{
    finding::{Finding, Place},
    nesting,
    source::Source,
};

/// In bytes. No person writes a larger file, and its tokens would take a hundred times as much memory.
const LARGEST: usize = 16 * 1024 * 1024;

/// The syntax tree of a file that mentions WebSockets.
pub(super) fn parse(source: &Source) -> Result<syn::File, Box<Finding>> {
    let size = source.text().len();
    if size > LARGEST {
        let why = format!("it has {size} bytes, more than the limit of {LARGEST}");
        return Err(unreadable(
            Place::of_file(),
            &why,
            "move the handlers into a smaller file, or list this file in `.ignore`",
        ));
    }
    if let Some(at) = source.not_utf8 {
        return Err(unreadable(
            source.place(at..at + 1),
            "this is not valid UTF-8",
            "save the file as UTF-8",
        ));
    }
    let tokens: TokenStream = source.text().parse().map_err(|error| no_tokens(source, &error))?;
    if let Some(span) = nesting::too_deep(&tokens, source.text()) {
        let why = "this is nested too deeply to parse";
        return Err(unreadable(place(source, span), why, "split the expression or the type"));
    }
    syn::parse2(tokens).map_err(|error| {
        let help = "run `cargo check` for details; if it accepts the file, update cargo-sockeye, which does not know this syntax yet";
        unreadable(place(source, error.span()), &error.to_string(), help)
    })
}

/// The finding for a file that the system does not let us read.
pub(super) fn no_text(error: &std::io::Error) -> Box<Finding> {
    unreadable(Place::of_file(), &error.to_string(), "make the file readable, or list it in `.ignore`")
}

/// The lexer stops at unmatched brackets, and at the beginning of unterminated tokens.
fn no_tokens(source: &Source, error: &LexError) -> Box<Finding> {
    let at = error.span().byte_range().start;
    let rest = &source.text()[at..];
    let why = match rest.chars().next() {
        Some('(' | '[' | '{') => "this bracket is never closed",
        Some(')' | ']' | '}') => "this closing bracket has no opening bracket",
        Some('"' | '\'' | '/' | 'r' | 'b' | 'c') => "this literal or comment is never closed",
        _ => "this is not valid Rust",
    };
    let length = rest.chars().next().map_or(0, char::len_utf8);
    unreadable(source.place(at..at + length), why, "run `cargo check` for details")
}

/// The place of a token, or the end of the file if the parser expected more.
fn place(source: &Source, span: Span) -> Place {
    let bytes = span.byte_range();
    let end = source.text().trim_end().len();
    source.place(if bytes.is_empty() { end..end } else { bytes })
}

fn unreadable(place: Place, why: &str, help: &str) -> Box<Finding> {
    Box::new(Finding {
        rule: &UNREADABLE_SOURCE,
        message: format!("the file cannot be read, so its handlers were not checked: {why}"),
        expected: None,
        notes: Vec::new(),
        help: help.to_owned(),
        in_helper: false,
        place,
        related: Vec::new(),
    })
}
