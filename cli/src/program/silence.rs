//! Why a program has printed no check, as far as that can be told.

use std::time::Duration;

use super::run::{End, Ran};
use crate::probe::{Trouble, clean};

/// The lines of its standard error that are shown.
const SHOWN: usize = 12;

/// What to say about a program that printed nothing that was `wanted`: a check, or a document.
pub(crate) fn explain(ran: &Ran, limit: Duration, wanted: &str) -> Trouble {
    let (what, help) = match &ran.end {
        End::NotBuilt => {
            return Trouble::new("the program could not be built; see the errors of cargo above");
        }
        End::TimedOut => {
            (format!("the program printed no {wanted} within {limit:?} and was stopped"), NOT_SERVED)
        }
        End::Exited(status) if status.success() => (
            format!(
                "the program exited successfully but printed no {wanted}: it never called `Server::serve`"
            ),
            NOT_SERVED,
        ),
        End::Exited(status) => {
            (format!("the program exited with {status} before it called `Server::serve`"), after(&ran.errors))
        }
    };
    Trouble::new(with_errors(&what, &ran.errors)).help(help)
}

const NOT_SERVED: &str = "call `Server::serve`, or `Checked::into_router` if the program listens itself: they print the check and bind \
                          no port; if the program needs a database or another service before that call, start it; \
                          `--timeout` allows more time";

/// Some failures name what they need.
fn after(errors: &[String]) -> &'static str {
    let said = errors.join("\n").to_lowercase();
    let about = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if about(&["environment variable", "notpresent", "env var"]) {
        "set the environment variable that the program asks for"
    } else if about(&["usage:", "required argument", "required arguments"]) {
        "pass the arguments that the program asks for after `--`"
    } else if about(&["connection refused", "connection error", "could not connect", "timed out"]) {
        "start the service that the program connects to before it calls `serve`, or connect to it later"
    } else {
        "let the program reach `Server::serve`, which prints the check: set the environment variables that it needs, and pass its arguments after `--`"
    }
}

/// With the last that it said.
pub(crate) fn with_errors(what: &str, errors: &[String]) -> String {
    let last = &errors[errors.len().saturating_sub(SHOWN)..];
    if last.is_empty() {
        return format!("{what}; it wrote nothing to standard error");
    }
    let lines = last.iter().map(|line| format!("  | {}", clean(line)));
    format!("{what}; its last lines on standard error:\n{}", lines.collect::<Vec<_>>().join("\n"))
}
