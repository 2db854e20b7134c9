use std::io::{self, Write};

use sockeye_rules::INVALID_OPTION;

use crate::startup::{Problem, StartupError};

const VARIABLE: &str = "SOCKEYE_CHECK";

/// What the environment variable `SOCKEYE_CHECK` requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Unset, empty or `0`: serve.
    Serve,
    /// `1`: print the table of endpoints and return.
    Table,
    /// `json`: print one JSON document and return.
    Json,
}

impl Mode {
    pub(super) fn of_environment() -> Result<Self, StartupError> {
        let value = std::env::var_os(VARIABLE).unwrap_or_default();
        let value = value.to_string_lossy();
        match value.as_ref() {
            "" | "0" => Ok(Self::Serve),
            "1" => Ok(Self::Table),
            "json" => Ok(Self::Json),
            other => Err(StartupError::new(vec![unknown(other)], 0)),
        }
    }
}

/// Serving instead of checking could start a second server in CI, so this is an error.
fn unknown(value: &str) -> Problem {
    Problem::new(&INVALID_OPTION, format!("`{VARIABLE}={value}` in the environment is not a valid value"))
        .with_help(format!(
            "set `{VARIABLE}=1` for a table, `{VARIABLE}=json` for JSON, or unset it to serve"
        ))
}

/// Prints on standard output. A reader that closes it early is not an error.
pub(super) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
