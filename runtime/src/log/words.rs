//! Texts for the log, by their origin.

use std::borrow::Cow;

use super::cut;
use crate::{Error, error::Trace, handshake::Secrets};

/// A sentence that consists of Sockeye's own text and of parts from outside: from a client, or from the user's code, which
/// may repeat data from a client.
///
/// Only the parts from outside are searched for secrets and cut: a client that calls itself `at line` or sends a hundred
/// cookies does not make Sockeye's own text unreadable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Own(Cow<'static, str>),
    Foreign(String),
    /// Of the error before it; not a part of the text.
    Trace(Trace),
}

impl Words {
    /// Sockeye's own text. Nothing from outside may be in it except numbers.
    pub(crate) fn own(text: impl Into<Cow<'static, str>>) -> Self {
        Self::default().then(text)
    }

    /// Text from outside.
    pub(crate) fn foreign(text: impl Into<String>) -> Self {
        Self::default().then_foreign(text)
    }

    /// Adds Sockeye's own text.
    pub(crate) fn then(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.0.push(Part::Own(text.into()));
        self
    }

    /// Adds text from outside.
    pub(crate) fn then_foreign(mut self, text: impl Into<String>) -> Self {
        self.0.push(Part::Foreign(text.into()));
        self
    }

    /// Adds an error with its causes, and its backtrace if there is one.
    pub(crate) fn then_error(self, error: &Error) -> Self {
        let mut words = self.then_foreign(error.chain());
        words.0.extend(error.trace().cloned().map(Part::Trace));
        words
    }

    /// The backtrace of the error in it.
    pub(crate) fn trace(&self) -> Option<&Trace> {
        self.0.iter().find_map(|part| match part {
            Part::Trace(trace) => Some(trace),
            _ => None,
        })
    }

    /// Adds another sentence.
    pub(crate) fn then_all(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// For the log: the parts from outside are short, on one line, and without these secrets.
    pub(crate) fn without(&self, secrets: &Secrets) -> String {
        self.join(|text| secrets.hide(text))
    }

    /// For the client that has sent the parts from outside: short, and on one line.
    pub(crate) fn told(&self) -> String {
        self.join(cut::part)
    }

    fn join(&self, foreign: impl Fn(&str) -> String) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Own(own) => text.push_str(own),
                Part::Foreign(other) => text.push_str(&foreign(other)),
                Part::Trace(_) => {}
            }
        }
        text
    }
}

impl From<&'static str> for Words {
    fn from(text: &'static str) -> Self {
        Self::own(text)
    }
}

/// A text that was created at run time counts as text from outside, unless it is created with [`Words::own`].
impl From<String> for Words {
    fn from(text: String) -> Self {
        Self::foreign(text)
    }
}
