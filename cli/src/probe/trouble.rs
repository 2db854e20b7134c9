//! Why `probe` or `routes` could not run.

use std::{fmt, process::ExitCode};

use super::clean::clean;
use crate::output;

/// The fault of the command line, and what to write.
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

    /// The status of a command: 0 without problems, 1 with problems, 2 if it could not run, in which case the reason is
    /// printed here.
    pub(crate) fn status_of(outcome: Result<bool, Self>) -> ExitCode {
        match outcome {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(trouble) => output::give_up(trouble),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.what.lines().map(clean).collect::<Vec<_>>().join("\n");
        f.write_str(&what)?;
        if !self.help.is_empty() {
            write!(f, "\nhelp: {}", clean(&self.help))?;
        }
        Ok(())
    }
}
