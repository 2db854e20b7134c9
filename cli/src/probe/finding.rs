//! The result of one check.

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// As it should be.
    Ok,
    /// A client can connect, but something is wrong.
    Warn,
    /// A client cannot connect, or not every client can.
    Fail,
}

impl Outcome {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One line of the output, with its details.
#[derive(Debug)]
pub(super) struct Finding {
    /// Name of the check.
    pub(super) name: &'static str,
    pub(super) outcome: Outcome,
    /// What was found, in one line.
    pub(super) words: String,
    /// What the server sent, each with a label: `says`, `rule`.
    pub(super) details: Vec<(&'static str, String)>,
    /// What to do, one line each.
    pub(super) help: Vec<String>,
}

impl Finding {
    fn new(name: &'static str, outcome: Outcome, words: impl Into<String>) -> Self {
        Self { name, outcome, words: words.into(), details: Vec::new(), help: Vec::new() }
    }

    pub(super) fn ok(name: &'static str, words: impl Into<String>) -> Self {
        Self::new(name, Outcome::Ok, words)
    }

    pub(super) fn warn(name: &'static str, words: impl Into<String>) -> Self {
        Self::new(name, Outcome::Warn, words)
    }

    pub(super) fn fail(name: &'static str, words: impl Into<String>) -> Self {
        Self::new(name, Outcome::Fail, words)
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    pub(super) fn helps<T: Into<String>>(mut self, helps: impl IntoIterator<Item = T>) -> Self {
        self.help.extend(helps.into_iter().map(Into::into));
        self
    }

    pub(super) fn detail(mut self, label: &'static str, text: impl Into<String>) -> Self {
        self.details.push((label, text.into()));
        self
    }
}
