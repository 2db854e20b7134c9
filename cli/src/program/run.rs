//! Builds and runs the program as a check, and captures its output.

use std::{
    io::{self, BufRead as _, BufReader, Read, Write as _},
    process::{Child, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use cargo_metadata::{Artifact, BuildFinished, Message};

use super::{cargo::cargo, options::Program};
use crate::probe::Trouble;

/// The interval for checking whether the program has ended.
const GLANCE: Duration = Duration::from_millis(50);

/// How long to wait for output after the program has ended: one of its children may keep the pipe open.
const ECHO: Duration = Duration::from_secs(2);

/// How much of its standard output is kept.
const OUTPUT: usize = 16 * 1024 * 1024;

/// How many lines of its standard error are kept.
const LINES: usize = 200;

/// The result.
pub(crate) struct Ran {
    /// Every crate that was built for the program, including the program itself.
    pub(crate) artifacts: Vec<Artifact>,
    pub(crate) output: String,
    /// The last lines of its standard error.
    pub(crate) errors: Vec<String>,
    pub(crate) end: End,
}

/// How it ended.
pub(crate) enum End {
    /// Cargo has printed the reason.
    NotBuilt,
    Exited(ExitStatus),
    /// It was stopped.
    TimedOut,
}

/// A line of one of the two streams.
enum Line {
    Output(Vec<u8>),
    Error(Vec<u8>),
}

/// `cargo run` with the program's own arguments, and `SOCKEYE_CHECK` set to this.
pub(crate) fn run(options: &Program, check: &str) -> Result<Ran, Trouble> {
    let mut child = cargo()
        .args(["run", "--message-format=json-render-diagnostics"])
        .args(options.for_run())
        .arg("--")
        .args(&options.arguments)
        .env("SOCKEYE_CHECK", check)
        // Frames would push the message of a panic out of the lines that are shown.
        .env("RUST_BACKTRACE", "0")
        .env("RUST_LIB_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Trouble::new(format!("cannot run cargo: {error}")))?;
    let (sender, lines) = mpsc::channel();
    pump(child.stdout.take(), sender.clone(), Line::Output);
    pump(child.stderr.take(), sender, Line::Error);
    let mut watch = Watch::default();
    let end = watch.follow(&mut child, &lines, options.timeout)?;
    Ok(watch.into_ran(end))
}

/// Passes on each line of a stream, in a separate thread: a full pipe would block the program.
fn pump(stream: Option<impl Read + Send + 'static>, lines: Sender<Line>, wrap: fn(Vec<u8>) -> Line) {
    let Some(stream) = stream else { return };
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
            if lines.send(wrap(std::mem::take(&mut line))).is_err() {
                return;
            }
        }
    });
}

/// The output so far.
#[derive(Default)]
struct Watch {
    artifacts: Vec<Artifact>,
    /// When cargo finished the build: later output is the program's.
    built: Option<Instant>,
    /// Whether cargo has said that it runs the program, or with `-v` a compiler.
    runs: bool,
    output: Vec<u8>,
    errors: Vec<String>,
}

impl Watch {
    fn follow(&mut self, child: &mut Child, lines: &Receiver<Line>, limit: Duration) -> Result<End, Trouble> {
        let mut exited: Option<(ExitStatus, Instant)> = None;
        loop {
            match lines.recv_timeout(GLANCE) {
                Ok(line) => self.take(line),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => thread::sleep(GLANCE),
            }
            let all_read =
                matches!(lines.try_recv().map(|line| self.take(line)), Err(mpsc::TryRecvError::Disconnected));
            exited = exited.or(ended(child)?.map(|status| (status, Instant::now())));
            match exited {
                Some((status, at)) if all_read || at.elapsed() > ECHO => return Ok(self.how(status)),
                None if self.built.is_some_and(|built| built.elapsed() > limit) => {
                    stop(child);
                    return Ok(End::TimedOut);
                }
                _ => {}
            }
        }
    }

    fn how(&self, status: ExitStatus) -> End {
        if self.built.is_some() { End::Exited(status) } else { End::NotBuilt }
    }

    fn take(&mut self, line: Line) {
        match (line, self.built.is_some()) {
            (Line::Output(line), true) => {
                if self.output.len() + line.len() <= OUTPUT {
                    self.output.extend(line);
                }
            }
            (Line::Output(line), false) => self.take_message(&line),
            (Line::Error(line), true) => self.keep_error(&line),
            (Line::Error(line), false) => self.show_progress(&line),
        }
    }

    /// The user wants to see the progress of the build.
    ///
    /// The program's first lines are among these when the other stream, which tells that the build has finished, is behind.
    fn show_progress(&mut self, line: &[u8]) {
        let _ = io::stderr().lock().write_all(line);
        if is_start(&String::from_utf8_lossy(line)) {
            self.errors.clear();
            self.runs = true;
        } else if self.runs {
            self.keep_error(line);
        }
    }

    fn take_message(&mut self, line: &[u8]) {
        match serde_json::from_slice(line) {
            Ok(Message::CompilerArtifact(artifact)) => self.artifacts.push(artifact),
            Ok(Message::BuildFinished(BuildFinished { success: true, .. })) => {
                self.built = Some(Instant::now());
            }
            _ => {}
        }
    }

    fn keep_error(&mut self, line: &[u8]) {
        if self.errors.len() == LINES {
            self.errors.remove(0);
        }
        self.errors.push(String::from_utf8_lossy(line).trim_end().to_owned());
    }

    fn into_ran(mut self, end: End) -> Ran {
        let start = self.errors.iter().position(|line| is_start(line));
        self.errors.drain(..start.map_or(0, |at| at + 1));
        Ran {
            artifacts: self.artifacts,
            output: String::from_utf8_lossy(&self.output).into_owned(),
            errors: self.errors,
            end,
        }
    }
}

/// Cargo's last line before the program's output.
fn is_start(line: &str) -> bool {
    line.trim_start().starts_with("Running `")
}

fn ended(child: &mut Child) -> Result<Option<ExitStatus>, Trouble> {
    child.try_wait().map_err(|error| Trouble::new(format!("cannot wait for the program: {error}")))
}

/// On Unix cargo has been replaced by the program by now, so this ends the program.
fn stop(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_program_are_kept_though_the_end_of_the_build_is_read_later() {
        let mut watch = Watch::default();
        for line in [
            "   Compiling a\n",
            "     Running `rustc a`\n",
            "warning: a\n",
            "     Running `a`\n",
            "no database\n",
        ] {
            watch.take(Line::Error(line.into()));
        }
        watch.take(Line::Output(br#"{"reason":"build-finished","success":true}"#.to_vec()));
        watch.take(Line::Error(b"the end\n".to_vec()));
        let ran = watch.into_ran(End::NotBuilt);
        assert_eq!(ran.errors, ["no database", "the end"]);
    }
}
