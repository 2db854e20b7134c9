//! Why a program has printed no check, as far as that can be told.

use std::time::Duration;

use super::{
    need::{is_panic, need},
    run::{End, Ran},
};
use crate::probe::{Trouble, clean};

/// The lines of its standard error that are shown.
const SHOWN: usize = 12;

/// What to say about a program that printed nothing that was `wanted`: a check, or a document.
pub(crate) fn explain(ran: &Ran, limit: Duration, wanted: &str) -> Trouble {
    let uses_sockeye = ran.artifacts.iter().any(|artifact| artifact.target.name == "sockeye");
    if !uses_sockeye && !matches!(ran.end, End::NotBuilt) {
        return Trouble::new(format!(
            "the program printed no {wanted}: its package does not depend on `sockeye`"
        ))
        .help("choose the package of the server with `--package`");
    }
    let (what, help) = match &ran.end {
        End::NotBuilt => {
            return Trouble::new("the program could not be built; see the errors of cargo above");
        }
        End::TimedOut => (
            format!("the program printed no {wanted} within {limit:?} and was stopped"),
            NOT_SERVED.to_owned(),
        ),
        End::Exited(status) if status.success() => (
            format!(
                "the program exited successfully but printed no {wanted}: it never called `Server::serve`"
            ),
            NOT_SERVED.to_owned(),
        ),
        End::Exited(status) => {
            let said: Vec<String> = ran.errors.iter().filter(|line| !is_hint(line)).cloned().collect();
            (format!("the program exited with {status} before it called `Server::serve`"), need(&said))
        }
    };
    Trouble::new(with_errors(&what, &ran.errors)).help(help)
}

const NOT_SERVED: &str = "call `Server::serve`, or `Checked::into_router` if the program listens itself: they print the check and bind \
                          no port; if the program needs a database or another service before that call, start it; \
                          `--timeout` allows more time";

/// With its last lines, and the message of a panic that is further above.
pub(crate) fn with_errors(what: &str, errors: &[String]) -> String {
    let errors: Vec<&String> = errors.iter().filter(|line| !is_hint(line)).collect();
    let start = errors.len().saturating_sub(SHOWN);
    let last = &errors[start..];
    if last.is_empty() {
        return format!("{what}; it wrote nothing to standard error");
    }
    let panic = errors[..start].iter().rposition(|line| is_panic(line));
    let above = panic.map(|at| &errors[at..(at + 2).min(start)]).unwrap_or_default();
    let lines = above.iter().chain(last).map(|line| format!("  | {}", clean(line)));
    format!("{what}; its last lines on standard error:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// Whether [`with_errors`] leaves nothing out.
pub(crate) fn shows_all(errors: &[String]) -> bool {
    errors.iter().filter(|line| !is_hint(line)).count() <= SHOWN
}

/// What Rust adds to each panic. It names an environment variable that the program does not need.
fn is_hint(line: &str) -> bool {
    line.starts_with("note: run with `RUST_BACKTRACE=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_a_panic_is_kept_above_a_backtrace() {
        let mut errors =
            vec!["starting".to_owned(), "thread 'main' (7) panicked at src/main.rs:2:3:".to_owned()];
        errors.extend([
            "the cause".to_owned(),
            "note: run with `RUST_BACKTRACE=1` environment variable".to_owned(),
        ]);
        errors.extend((0..40).map(|frame| format!("{frame}: frame")));
        let text = with_errors("it failed", &errors);
        let start = "it failed; its last lines on standard error:\n  | thread 'main' (7) panicked at src/main.rs:2:3:\n  | the cause\n  | 28: frame\n";
        assert!(text.starts_with(start), "{text}");
        assert!(text.ends_with("  | 39: frame"), "{text}");
    }
}
