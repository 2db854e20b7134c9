//! The errors for option values: what is wrong, and what to write instead.

use std::fmt;

/// An invalid value, described as in a diagnostic.
///
/// `Display` says what is wrong; [`help`](Self::help) says what to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueProblem {
    what: String,
    help: String,
}

impl ValueProblem {
    pub(crate) fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into() }
    }

    /// What to write instead, as in ``write `64 KiB` ``.
    pub fn help(&self) -> &str {
        &self.help
    }
}

impl fmt::Display for ValueProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for ValueProblem {}

/// Splits `30 s` into its digits and its unit, without the space between them.
pub(crate) fn split_unit(text: &str) -> (&str, &str) {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (&text[..digits], text[digits..].trim_start())
}
