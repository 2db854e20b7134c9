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
    /// `asyncapi`: print the document of the endpoints and return.
    #[cfg(feature = "asyncapi")]
    AsyncApi,
}

impl Mode {
    pub(super) fn of_environment() -> Result<Self, StartupError> {
        let value = std::env::var_os(VARIABLE).unwrap_or_default();
        let value = value.to_string_lossy();
        match value.as_ref() {
            "" | "0" => Ok(Self::Serve),
            "1" => Ok(Self::Table),
            "json" => Ok(Self::Json),
            #[cfg(feature = "asyncapi")]
            "asyncapi" => Ok(Self::AsyncApi),
            #[cfg(not(feature = "asyncapi"))]
            "asyncapi" => Err(StartupError::new(vec![without_feature()], 0)),
            other => Err(StartupError::new(vec![unknown(other)], 0)),
        }
    }
}

/// Serving instead of checking could start a second server in CI, so this is an error.
fn unknown(value: &str) -> Problem {
    Problem::new(&INVALID_OPTION, format!("`{VARIABLE}={value}` in the environment is not a valid value"))
        .with_help(format!(
            "set `{VARIABLE}=1` for a table, `{VARIABLE}=json` for JSON, `{VARIABLE}=asyncapi` for the document of the endpoints, or unset it to serve"
        ))
}

/// The program is built without the types of its messages.
#[cfg(not(feature = "asyncapi"))]
fn without_feature() -> Problem {
    Problem::new(&INVALID_OPTION, format!("`{VARIABLE}=asyncapi` needs the feature `asyncapi` of `sockeye`"))
        .with_help("run `cargo add sockeye --features asyncapi`")
}

/// Prints on standard output. A reader that closes it early is not an error.
pub(super) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
