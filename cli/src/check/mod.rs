//! `cargo sockeye check`: every rule that reads syntax, over every handler of a source tree.
//!
//! A file is found (`walk`), read (`source`), parsed (`parse`), and searched for handlers (`scan`), and the rules of
//! `sockeye_rules::syntax` are run on each handler. One of `formats` writes the findings of all files.

mod duplicates;
mod file;
mod finding;
mod formats;
mod modules;
mod nesting;
mod once;
mod origin;
mod package;
mod parse;
mod pool;
mod scan;
mod source;
mod verbose;
mod walk;

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use clap::ValueEnum;

use self::{
    file::{FileReport, Outcome},
    finding::Finding,
    package::Packages,
    walk::SourceFile,
};
use crate::output;

/// Checks every WebSocket handler of a source tree, without building it.
///
/// It checks functions with `#[ws_endpoint]` or `#[ws_lifecycle]`, and all functions that take a handshake, a socket
/// or a half of one, of Sockeye or of axum. Files that git ignores, hidden files and build directories are skipped.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Files and directories to check [default: the working directory]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A directory whose sources to check, in addition to each PATH; can be repeated
    #[arg(long = "path", value_name = "DIR")]
    directories: Vec<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Print for each file which handlers are in it, or why it was skipped
    #[arg(short, long)]
    verbose: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo sockeye check
  cargo sockeye check crates/server crates/chat/src/ws.rs
  cargo sockeye check --path ../server
  cargo sockeye check --format sarif > sockeye.sarif

Exit status: 0 when nothing was found, 1 when something was, 2 when the check could not run.";

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// Text, in the form of rustc's messages
    #[default]
    Human,
    /// One versioned JSON document
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations for GitHub Actions
    Github,
}

pub(crate) fn run(options: &Options) -> ExitCode {
    match check(options) {
        Ok(outcome) => outcome,
        Err(why) => output::give_up(why),
    }
}

fn check(options: &Options) -> Result<ExitCode, String> {
    let files = walk::files(&paths(options)?)?;
    let packages = Packages::default();
    let mut outcomes = pool::each(&files, |read, one| file::check(one, &packages, read))?;
    origin::settle(&files, &mut outcomes)?;
    once::settle(&files, &mut outcomes);
    if options.verbose {
        output::tell(&verbose::listing(&outcomes));
    }
    let report = Report::of(&files, &outcomes);
    output::print(&formats::write(&report, options.format))
        .map_err(|error| format!("the report could not be written: {error}"))?;
    faults(&outcomes)?;
    Ok(ExitCode::from(u8::from(!report.findings.is_empty())))
}

/// What to check: `--path` and positional paths together, or the working directory.
fn paths(options: &Options) -> Result<Vec<PathBuf>, String> {
    if let Some(file) = options.directories.iter().find(|path| path.is_file()) {
        let file = file.display();
        return Err(format!(
            "`--path {file}` is not a directory\nhelp: to check a file, write `cargo sockeye check {file}`"
        ));
    }
    let paths: Vec<PathBuf> = options.paths.iter().chain(&options.directories).cloned().collect();
    Ok(if paths.is_empty() { vec![PathBuf::from(".")] } else { paths })
}

fn unseen(files: &[SourceFile], outcomes: &[Outcome]) -> BTreeMap<String, usize> {
    let mut unseen = BTreeMap::new();
    for (file, outcome) in files.iter().zip(outcomes) {
        let number = outcome.report().map_or(0, |report| report.unseen.len());
        if number > 0 {
            *unseen.entry(package::name(&file.path)).or_default() += number;
        }
    }
    unseen
}

/// A check that panicked is incomplete: the result must not look like a clean tree.
fn faults(outcomes: &[Outcome]) -> Result<(), String> {
    let faulty = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Panicked { path, words } => Some((path, words)),
        _ => None,
    });
    match faulty {
        Some((path, words)) => Err(format!("bug in cargo-sockeye: it panicked on `{path}`: {words}")),
        None => Ok(()),
    }
}

/// The findings of all files, in the order of path, line and column.
struct Report<'a> {
    findings: Vec<(&'a str, &'a Finding)>,
    handlers: usize,
    files: usize,
    /// How many functions with an upgrade could not be checked, by package.
    unseen: BTreeMap<String, usize>,
}

impl<'a> Report<'a> {
    fn of(files: &[SourceFile], outcomes: &'a [Outcome]) -> Self {
        let reports: Vec<&FileReport> = outcomes.iter().filter_map(Outcome::report).collect();
        let findings = reports
            .iter()
            .flat_map(|report| report.findings.iter().map(|finding| (report.path.as_str(), finding)));
        Self {
            findings: findings.collect(),
            handlers: reports.iter().map(|report| report.handlers.len()).sum(),
            files: outcomes.len(),
            unseen: unseen(files, outcomes),
        }
    }

    fn errors(&self) -> usize {
        self.findings.iter().filter(|(_, finding)| finding.rule.level.is_error()).count()
    }

    fn warnings(&self) -> usize {
        self.findings.len() - self.errors()
    }
}
