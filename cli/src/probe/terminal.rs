//! What `probe` and `routes` share of talking to people.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::Duration,
};

/// Writes on standard output. A reader that closed the pipe early has seen enough.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Colours on a terminal, unless `NO_COLOR` is set to anything (<https://no-color.org>).
pub(crate) fn has_colours() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !refused
}

/// `1 warning`, `2 warnings`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// Reads a `--timeout`.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    // More than a day is a mistake, and an infinite number has no duration.
    let sensible = number > 0.0 && number <= 86_400.0;
    sensible
        .then(|| Duration::from_secs_f64(number))
        .ok_or_else(|| "not between 0 and 86400 seconds".to_owned())
}
