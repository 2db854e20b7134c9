//! `cargo sockeye routes`: which endpoints are in the program, and which are not although the sources have them.

mod cargo;
mod compare;
mod document;
mod options;
mod program;
mod report;
mod scan;
mod silence;

use std::process::ExitCode;

pub(crate) use options::Options;

use crate::{output::show, probe::Trouble};
use cargo::{Artifact, Metadata};
use options::Format;
use report::Report;
use scan::{Crate, Found};

/// Runs the program as a check; 0 when all is there, 1 when something is wrong, 2 when it could not be asked.
pub(crate) fn run(options: &Options) -> ExitCode {
    Trouble::status_of(try_run(options))
}

fn try_run(options: &Options) -> Result<bool, Trouble> {
    let ran = program::run(options)?;
    let documents = document::read_all(&ran.output)?;
    if documents.is_empty() {
        return Err(silence::explain(&ran, options.timeout));
    }
    let program = ran.artifacts.iter().rfind(|artifact| artifact.executable.is_some());
    let program = program.ok_or_else(|| Trouble::new("cargo did not say which program it built"))?;
    let metadata = Metadata::read(options)?;
    let mut found: Vec<Found> =
        crates(program, &ran.artifacts, &metadata).iter().flat_map(scan::scan).collect();
    // Crates come in the order in which they were built, which differs from run to run.
    found.sort_by_key(|one| (metadata.shown(&one.file), one.line));
    let comparison = compare::compare(found, &documents, &metadata.workspace_root);
    let main = program.target.src_path.canonicalize().unwrap_or_else(|_| program.target.src_path.clone());
    let report = Report {
        documents: &documents,
        comparison: &comparison,
        metadata: &metadata,
        root: &program.package_id,
        main: &main,
    };
    show(&match options.format {
        Format::Human => report::human(&report),
        Format::Json => report::json(&report),
    });
    Ok(report.is_good())
}

/// The crates with a path whose code can be in the program: what was built for it, without macros and build scripts.
fn crates(program: &Artifact, artifacts: &[Artifact], metadata: &Metadata) -> Vec<Crate> {
    let packages = metadata.in_program(&program.package_id, program.target.is("example"));
    let libraries =
        artifacts.iter().filter(|one| one.target.is_library() && packages.contains(one.package_id.as_str()));
    let mut all: Vec<Crate> = libraries.map(|one| krate(one, false)).collect();
    // One library may be built twice, for the program and for a macro.
    all.dedup_by(|a, b| a.root == b.root);
    all.push(krate(program, true));
    all
}

fn krate(artifact: &Artifact, is_program: bool) -> Crate {
    Crate {
        package_id: artifact.package_id.clone(),
        name: artifact.target.crate_name(),
        root: artifact.target.src_path.clone(),
        is_program,
    }
}
