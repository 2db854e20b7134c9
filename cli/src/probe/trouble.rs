//! Why the probe could not run at all.

use std::io::{self, Write as _};

use super::clean::clean;

/// What is wrong with the command line, and what to write.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) what: String,
    pub(crate) help: String,
}

impl Trouble {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), help: String::new() }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: help.into(), ..self }
    }

    pub(crate) fn print(&self) {
        let mut err = io::stderr().lock();
        let what = self.what.lines().map(clean).collect::<Vec<_>>().join("\n");
        let _ = writeln!(err, "error: {what}");
        if !self.help.is_empty() {
            let _ = writeln!(err, "help: {}", clean(&self.help));
        }
    }
}
