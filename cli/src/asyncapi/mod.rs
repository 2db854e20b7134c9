//! `cargo sockeye asyncapi`: the endpoints of a program as a document of AsyncAPI 3.0.

mod document;
mod file;
mod missing;

use std::{fs, path::Path, process::ExitCode};

pub(crate) use document::read;
pub(crate) use file::{Files, deliver};
pub(crate) use missing::{Missing, Strictness};
use serde_json::Value;

use crate::{
    probe::Trouble,
    program::{Program, quoted},
};

/// Writes the endpoints of your program as an AsyncAPI 3.0 document.
///
/// The program runs with `SOCKEYE_CHECK=asyncapi`: it reaches `Server::serve`, checks everything, and exits without listening.
/// It needs the feature `asyncapi` of `sockeye`. Messages have a schema if their types implement `schemars::JsonSchema`; others
/// are documented as any JSON, and named on standard error. `--check` ignores the title and the version. Exit status: 0, or 1 if `--check` finds a difference
/// or `--deny-missing-schema` a type without a schema, or 2 if there is no document.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    program: Program,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    strictness: Strictness,
}

/// Which of several servers of a program.
#[derive(Debug, clap::Args)]
pub(crate) struct Server {
    /// Group of the server, if the program runs several
    #[arg(long, value_name = "NAME")]
    pub(crate) group: Option<String>,
}

impl Server {
    /// The choice as it is written on a command line.
    pub(crate) fn as_written(&self) -> String {
        self.group.as_ref().map(|group| format!(" --group {}", quoted(group))).unwrap_or_default()
    }
}

/// Title and version are those of the package: a release changes them, and no endpoint.
fn keep_name(document: &mut Value, file: &Path) {
    let written = fs::read_to_string(file).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let Some(written) = written else { return };
    for field in ["title", "version"] {
        if let Some(value) = written["info"].get(field) {
            document["info"][field] = value.clone();
        }
    }
}

/// Asks the program for its document; 0 when it is written or the same, 1 when it differs, 2 when there is none.
pub(crate) fn run(options: &Options) -> ExitCode {
    Trouble::status_of(try_run(options))
}

fn try_run(options: &Options) -> Result<bool, Trouble> {
    let files = &options.files;
    files.are_files()?;
    let mut document = read(&options.program, &options.server)?;
    if let Some(file) = &files.check {
        keep_name(&mut document, file);
    }
    let again = format!(
        "cargo sockeye asyncapi{}{}",
        options.server.as_written(),
        options.program.before_arguments()
    );
    let text = format!("{document:#}\n");
    let missing = Missing::of(&document, options.strictness);
    deliver(files, &[(files.first(), text)], &missing, &again, &options.program)
}
