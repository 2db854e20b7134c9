//! Why a program has printed no check, as far as that can be told.

use std::time::Duration;

use super::program::{End, Ran};
use crate::probe::{Trouble, clean};

/// The lines of its standard error that are shown.
const SHOWN: usize = 12;

/// What to say about a program without a document.
pub(super) fn explain(ran: &Ran, limit: Duration) -> Trouble {
    let (what, help) = match &ran.end {
        End::NotBuilt => return Trouble::new("the program was not built; what cargo says stands above"),
        End::TimedOut => (still_runs(limit), NOT_SERVED),
        End::Exited(status) if status.success() => (
            "the program ended well and printed no check: it did not come to `Server::serve`".to_owned(),
            NOT_SERVED,
        ),
        End::Exited(status) => {
            (format!("the program ended with {status} before it came to `Server::serve`"), after(&ran.errors))
        }
    };
    Trouble::new(with_errors(&what, &ran.errors)).help(help)
}

fn still_runs(limit: Duration) -> String {
    format!("the program printed no check within {limit:?}, and was stopped")
}

const NOT_SERVED: &str = "it must call `Server::serve`, or `Checked::into_router` where it listens itself: they print the check, and \
                          nothing is bound; a program that listens, or waits for a database or another service, before that \
                          call needs it here too; `--timeout` gives it more time";

/// Some failures name what they need.
fn after(errors: &[String]) -> &'static str {
    let said = errors.join("\n").to_lowercase();
    let about = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if about(&["environment variable", "notpresent", "env var"]) {
        "it asks for an environment variable: set it for this command, as for the program itself"
    } else if about(&["usage:", "required argument", "required arguments"]) {
        "it asks for arguments: give them after `--`"
    } else if about(&["connection refused", "connection error", "could not connect", "timed out"]) {
        "it needs another service before it comes to `serve`: start that, or connect to it later"
    } else {
        "it must come to `Server::serve`, which prints the check: give it the environment and, after `--`, the arguments that it needs"
    }
}

/// With the last that it said.
fn with_errors(what: &str, errors: &[String]) -> String {
    let last = &errors[errors.len().saturating_sub(SHOWN)..];
    if last.is_empty() {
        return format!("{what}; it said nothing on standard error");
    }
    let lines = last.iter().map(|line| format!("  | {}", clean(line)));
    format!("{what}; the last that it said:\n{}", lines.collect::<Vec<_>>().join("\n"))
}
