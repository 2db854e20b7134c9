//! `cargo sockeye routes`: the endpoints in the program, and those that are only in the sources.

mod cargo;
mod compare;
mod document;
mod options;
mod platform;
mod report;
mod scan;

use std::process::ExitCode;

pub(crate) use options::Options;

use cargo_metadata::Artifact;

use crate::{output::show, probe::Trouble, program};
use cargo::{Packages, crate_name, is_library};
use options::Format;
use report::Report;
use scan::{Crate, Found};

/// Runs the program as a check; 0 if every endpoint is there, 1 if there is a problem, 2 if the check could not run.
pub(crate) fn run(options: &Options) -> ExitCode {
    Trouble::status_of(try_run(options))
}

fn try_run(options: &Options) -> Result<bool, Trouble> {
    let ran = program::run(&options.program, "json")?;
    let documents = document::read_all(&ran.output)?;
    if documents.is_empty() {
        return Err(program::explain(&ran, options.program.timeout, "check"));
    }
    let program = ran.artifacts.iter().rfind(|artifact| artifact.executable.is_some());
    let program = program.ok_or_else(|| Trouble::new("cargo did not report which program it built"))?;
    let packages = Packages::read(&options.program, program)?;
    let mut found: Vec<Found> =
        crates(program, &ran.artifacts, &packages).iter().flat_map(scan::scan).collect();
    // Crates arrive in the order in which they were built, which differs from run to run.
    found.sort_by_key(|one| (packages.shown(&one.file), one.line));
    let comparison = compare::compare(found, &documents, packages.workspace_root());
    let main = program.target.src_path.as_std_path();
    let main = main.canonicalize().unwrap_or_else(|_| main.to_owned());
    let report = Report {
        documents: &documents,
        comparison: &comparison,
        packages: &packages,
        root: &program.package_id,
        main: &main,
    };
    show(&match options.format {
        Format::Human => report::human(&report),
        Format::Json => report::json(&report),
    });
    Ok(report.is_good())
}

/// The path crates whose code can be in the program: those that were built for it, without macros and build scripts.
fn crates(program: &Artifact, artifacts: &[Artifact], packages: &Packages) -> Vec<Crate> {
    let linked = packages.in_program(&program.package_id, program.target.is_example());
    let libraries =
        artifacts.iter().filter(|one| is_library(&one.target) && linked.contains(&one.package_id));
    let mut all: Vec<Crate> = libraries.map(|one| krate(one, false)).collect();
    // One library may be built twice, for the program and for a macro.
    all.dedup_by(|a, b| a.root == b.root);
    all.push(krate(program, true));
    all
}

fn krate(artifact: &Artifact, is_program: bool) -> Crate {
    Crate {
        package_id: artifact.package_id.clone(),
        name: crate_name(&artifact.target),
        root: artifact.target.src_path.clone().into_std_path_buf(),
        is_program,
    }
}
