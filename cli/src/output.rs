//! Standard output and standard error, for commands that may stand in a pipe.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

/// The status of a command that could not do its work.
pub(crate) const COULD_NOT_RUN: u8 = 2;

/// Writes to standard output. A reader that has seen enough, such as `head`, is no error.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes to standard output for whoever still reads it.
pub(crate) fn show(text: &str) {
    let _ = print(text);
}

/// Writes to standard error, which nobody may be reading: there is no third place to say so.
pub(crate) fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Says in one line why the command could not do its work.
pub(crate) fn give_up(why: impl Display) -> ExitCode {
    tell(&format!("error: {why}\n"));
    ExitCode::from(COULD_NOT_RUN)
}
