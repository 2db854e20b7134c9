//! The finding of a rule, without its syntax: it leaves the thread that parsed the file.

use std::ops::Range;

use sockeye_rules::Rule;

/// One problem at its place.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) rule: &'static Rule,
    /// What is wrong: lower case, no full stop.
    pub(super) message: String,
    /// The signature that would be right.
    pub(super) expected: Option<String>,
    pub(super) notes: Vec<String>,
    pub(super) help: String,
    /// Whether it is a call of a helper that has to change, not the call.
    pub(super) in_helper: bool,
    pub(super) place: Place,
    /// Other places in the same file that explain it.
    pub(super) related: Vec<Place>,
}

/// A range of the file, and the lines to show.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) start: Position,
    /// One past the last character.
    pub(super) end: Position,
    /// The whole lines from start to end; empty when the file has no text to show.
    pub(super) lines: String,
    /// The bytes of `lines` in the range.
    pub(super) span: Range<usize>,
    /// The label beside the line.
    pub(super) label: Option<String>,
}

/// A place between two characters, counted from 1, in Unicode characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Finding {
    /// Findings are in the order of the source.
    pub(super) fn order(&self) -> impl Ord + use<> {
        (self.place.start, self.place.end, self.rule.name)
    }
}

impl Place {
    /// The beginning of a file that has no text to show.
    pub(super) fn of_file() -> Self {
        let start = Position { line: 1, column: 1 };
        Self { start, end: start, lines: String::new(), span: 0..0, label: None }
    }

    pub(super) fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }
}
