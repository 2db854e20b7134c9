//! Formats the written source as `cargo fmt` does in the user's package.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use super::{package::Program, root::Changed};

/// The changed text in the form that rustfmt gives it, if it has left the text from before as it was.
pub(super) fn like(before: &str, changed: Changed, program: &Program) -> Changed {
    let was_formatted = formatted(before, program).is_some_and(|text| text == before);
    let text = if was_formatted { formatted(&changed.text, program) } else { None };
    Changed { text: text.unwrap_or(changed.text), ..changed }
}

/// `None` if there is no rustfmt, or it fails.
pub(super) fn formatted(text: &str, program: &Program) -> Option<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", program.package.edition.as_str()])
        .current_dir(program.directory())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    // rustfmt writes nothing before it has read everything.
    child.stdin.take()?.write_all(text.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.is_empty()).then_some(text)
}
