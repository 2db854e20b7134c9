//! `cargo sockeye init`: has CI and pre-commit run the checks.

mod file;

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use self::file::File;
use crate::{
    new::{Found, Selection},
    output::show,
    probe::Trouble,
};

/// Sets up CI and pre-commit in the repository of the working directory.
///
/// It writes `.github/workflows/sockeye.yml`, which runs `cargo sockeye check` and then the program with `SOCKEYE_CHECK=1`,
/// and `.pre-commit-config.yaml`. Nothing is overwritten; what a file lacks is printed, to be added by hand.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(flatten)]
    program: Selection,
}

const EXAMPLES: &str = "\
Examples:
  cargo sockeye init
  cargo sockeye init --package server

Exit status: 0 when everything is set up, 1 when something is left to add by hand, 2 when it could not run.";

/// Writes the files; 0 if everything is set up, 1 if something is left to do by hand, 2 if it could not run.
pub(crate) fn run(options: &Options) -> ExitCode {
    Trouble::status_of(try_run(options))
}

fn try_run(options: &Options) -> Result<bool, Trouble> {
    let found = options.program.find()?;
    let root = repository(&found.workspace);
    let mut good = true;
    let mut wrote = false;
    for file in [workflow(&found, &root), hook()] {
        let outcome = file.set_up(&root)?;
        show(&outcome.text);
        good &= !outcome.is_left;
        wrote |= outcome.wrote;
    }
    if wrote {
        show(&next(&found, &root));
    }
    Ok(good)
}

/// The directory with `.git`, where GitHub and pre-commit look; the one of the workspace if there is none.
fn repository(workspace: &Path) -> PathBuf {
    workspace.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(workspace).to_owned()
}

fn workflow(found: &Found, root: &Path) -> File {
    let mut text = include_str!("templates/workflow.yml.txt")
        .replace("PACKAGE", found.package.name.as_str())
        .replace("PROGRAM", &found.program.name);
    if let Some(folder) = found.workspace.strip_prefix(root).ok().filter(|one| !one.as_os_str().is_empty()) {
        // A string of JSON is one of YAML.
        let folder = serde_json::Value::from(folder.to_string_lossy());
        let _ = writeln!(text, "        working-directory: {folder}");
    }
    let steps = text.find("      - uses").map_or("", |at| &text[at..]).to_owned();
    File {
        path: ".github/workflows/sockeye.yml",
        job: "runs `cargo sockeye check`, and the program with `SOCKEYE_CHECK=1`",
        text,
        needs: &["cargo sockeye check", "SOCKEYE_CHECK"],
        addition: ("steps", steps),
    }
}

fn hook() -> File {
    let hook = include_str!("templates/hook.yaml.txt");
    File {
        path: ".pre-commit-config.yaml",
        job: "runs `cargo sockeye check` before each commit",
        text: format!("# Written by `cargo sockeye init`.\nrepos:\n{hook}"),
        needs: &["id: sockeye"],
        addition: ("repos", hook.to_owned()),
    }
}

fn next(found: &Found, root: &Path) -> String {
    let mut text = "\
next:
  commit the files
  set the variable `SOCKEYE` of the repository on GitHub to your clone of Sockeye, as `owner/name`
  run `pre-commit install`
"
    .to_owned();
    let mut paths = found.package.dependencies.iter().filter_map(|one| one.path.as_ref());
    if let Some(path) = paths.find(|path| !path.starts_with(root)) {
        let _ = writeln!(
            text,
            "  check out the dependency `{path}` in the workflow: it is not in this repository"
        );
    }
    text
}
