//! What is said in the log, by where it comes from.

use std::borrow::Cow;

use super::cut;
use crate::handshake::Secrets;

/// A sentence of Sockeye's own words and of parts that come from outside: from a client, or from the user's code, which may
/// repeat what a client has sent.
///
/// Only the latter are searched for secrets, and only they are cut: a client that names itself `at line` or sends a hundred
/// cookies does not make Sockeye's own words unreadable.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Own(Cow<'static, str>),
    Foreign(String),
}

impl Words {
    /// Sockeye's own words. Nothing that comes from outside may be in them but numbers.
    pub(crate) fn own(text: impl Into<Cow<'static, str>>) -> Self {
        Self::default().then(text)
    }

    /// Words from outside.
    pub(crate) fn foreign(text: impl Into<String>) -> Self {
        Self::default().then_foreign(text)
    }

    /// Adds words of Sockeye's own.
    pub(crate) fn then(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.0.push(Part::Own(text.into()));
        self
    }

    /// Adds words from outside.
    pub(crate) fn then_foreign(mut self, text: impl Into<String>) -> Self {
        self.0.push(Part::Foreign(text.into()));
        self
    }

    /// Adds another sentence.
    pub(crate) fn then_all(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// For the log: what comes from outside is short, on one line, and without these secrets.
    pub(crate) fn without(&self, secrets: &Secrets) -> String {
        self.join(|text| secrets.hide(text))
    }

    /// For the client who has sent what comes from outside: short, and on one line.
    pub(crate) fn told(&self) -> String {
        self.join(cut::part)
    }

    fn join(&self, foreign: impl Fn(&str) -> String) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Own(own) => text.push_str(own),
                Part::Foreign(other) => text.push_str(&foreign(other)),
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

/// A text that was made at run time comes from outside, unless [`Words::own`] says otherwise.
impl From<String> for Words {
    fn from(text: String) -> Self {
        Self::foreign(text)
    }
}
