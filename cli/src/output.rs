//! Standard output and standard error, for commands that may be used in a pipe.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

/// The status of a command that could not run.
pub(crate) const COULD_NOT_RUN: u8 = 2;

/// Writes to standard output. A reader that closes it early, such as `head`, is not an error.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes to standard output as long as it is read.
pub(crate) fn show(text: &str) {
    let _ = print(text);
}

/// Writes to standard error, which may be closed: there is no other place to report that.
pub(crate) fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Prints one line that says why the command could not run.
pub(crate) fn give_up(why: impl Display) -> ExitCode {
    tell(&format!("error: {why}\n"));
    ExitCode::from(COULD_NOT_RUN)
}
