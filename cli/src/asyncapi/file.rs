//! Where a document goes, and how it is compared with one that was written before.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::Missing;
use crate::{
    output::{show, tell},
    probe::Trouble,
    program::{Program, quoted},
};

/// The options that name a file.
#[derive(Debug, clap::Args)]
pub(crate) struct Files {
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE", conflicts_with = "check")]
    pub(crate) output: Option<PathBuf>,
    /// Compare with this file, and fail if they differ
    #[arg(long, value_name = "FILE")]
    pub(crate) check: Option<PathBuf>,
}

impl Files {
    /// A directory has no place for a document.
    pub(crate) fn are_files(&self) -> Result<(), Trouble> {
        let first = self.first();
        if !first.is_dir() {
            return Ok(());
        }
        let inside = first.join("asyncapi.json");
        Err(Trouble::new(format!("`{}` is a directory", first.display()))
            .help(format!("name a file, such as `{}`", inside.display())))
    }

    /// The file that is named, to write or to compare.
    pub(crate) fn first(&self) -> PathBuf {
        self.output.clone().or_else(|| self.check.clone()).unwrap_or_default()
    }
}

/// Prints the texts, writes them to their files, or compares them; `false` if one differs, or a schema is missing that may not be.
/// `again` is the command that writes them.
pub(crate) fn deliver(
    files: &Files,
    texts: &[(PathBuf, String)],
    missing: &Missing,
    again: &str,
    program: &Program,
) -> Result<bool, Trouble> {
    tell(&missing.lines());
    if let Some(file) = &files.check {
        return compare(texts, missing, &format!("{again}{}", output(file, program)));
    }
    tell(&missing.help(None));
    if missing.is_denied() {
        return Ok(false);
    }
    for (path, text) in texts {
        match &files.output {
            Some(_) => write(path, text)
                .map_err(|error| Trouble::new(format!("cannot write `{}`: {error}", path.display())))?,
            None => show(text),
        }
    }
    Ok(true)
}

/// The end of the command that writes the file.
fn output(file: &Path, program: &Program) -> String {
    format!(" --output {}{}", quoted(&file.display().to_string()), program.behind_dashes())
}

/// Compares all, and says once what to do: first types get their schemas, and then the file is written.
fn compare(texts: &[(PathBuf, String)], missing: &Missing, again: &str) -> Result<bool, Trouble> {
    let differences =
        texts.iter().map(|(path, text)| difference(path, text)).collect::<Result<Vec<_>, _>>()?.concat();
    let rewrite = format!("run `{again}` and commit the file");
    let is_right = differences.is_empty() && !missing.is_denied();
    let rewrite = (!differences.is_empty() || missing.is_any()).then_some(&*rewrite);
    tell(&format!("{differences}{}", missing.help(rewrite)));
    Ok(is_right)
}

/// Writes the file, in a directory that may be new.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    fs::write(path, text)
}

/// The beginning of what the other command writes.
const TYPES: &str = "// Written by `cargo sockeye types`";

/// What is wrong with a file, and the first line where it shows; empty if nothing is.
fn difference(path: &Path, text: &str) -> Result<String, Trouble> {
    let shown = path.display();
    let there = fs::read_to_string(path).map_err(|error| {
        Trouble::new(format!("cannot read `{shown}`: {error}"))
            .help("write it first, with `--output` instead of `--check`")
    })?;
    if there.starts_with(TYPES) && !text.starts_with(TYPES) {
        return Err(Trouble::new(format!("`{shown}` was written by `cargo sockeye types`"))
            .help(format!("run `cargo sockeye types --check {}`", quoted(&shown.to_string()))));
    }
    // Git may give a file the line ends of the system.
    if there.lines().eq(text.lines()) {
        return Ok(String::new());
    }
    let (mut old, mut new, mut number) = (there.lines(), text.lines(), 0);
    loop {
        number += 1;
        let (old, new) = (old.next(), new.next());
        if old != new {
            let word =
                |line: Option<&str>| line.map_or("nothing".to_owned(), |line| format!("`{}`", line.trim()));
            return Ok(format!(
                "error: `{shown}` is not what the program's endpoints are\n  line {number}: the file has {}, the program has {}\n",
                word(old),
                word(new)
            ));
        }
    }
}
