//! The target platform of the program.

use std::path::Path;

use cargo_metadata::Artifact;

use crate::{
    probe::Trouble,
    program::{Program, ask, cargo, metadata},
};

/// The one that was requested, here or in cargo's configuration; otherwise that of this machine.
pub(super) fn platform(options: &Program, program: &Artifact) -> Result<String, Trouble> {
    if let Some(target) = &options.target {
        return Ok(target.clone());
    }
    match configured(options, program)? {
        Some(target) => Ok(target),
        None => host(),
    }
}

/// The value of `build.target` or `CARGO_BUILD_TARGET`: cargo does not report it, but the program is in a folder with
/// that name.
fn configured(options: &Program, program: &Artifact) -> Result<Option<String>, Trouble> {
    // Without dependencies there is nothing to download.
    let workspace = ask(metadata(options.for_metadata()).no_deps())?;
    let executable = program.executable.as_ref().map(|path| path.as_std_path());
    Ok(executable.and_then(|path| folder_of_target(path, workspace.target_directory.as_std_path())))
}

/// `TARGET/debug/app` and `TARGET/debug/examples/app` are for this machine; another platform is a folder before
/// `debug`.
fn folder_of_target(executable: &Path, target_directory: &Path) -> Option<String> {
    let within = executable.strip_prefix(target_directory).ok()?;
    let mut folders = within.parent()?.iter().filter(|folder| *folder != "examples");
    let first = folders.next()?;
    folders.next().map(|_profile| first.to_string_lossy().into_owned())
}

fn host() -> Result<String, Trouble> {
    let output = cargo().arg("-vV").output();
    let output = output.map_err(|error| Trouble::new(format!("cannot run cargo: {error}")))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Trouble::new("`cargo -vV` does not report the host platform"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_program_says_for_which_platform_it_is() {
        let of = |path: &str| folder_of_target(Path::new(path), Path::new("/app/target"));
        assert_eq!(of("/app/target/debug/app"), None);
        assert_eq!(of("/app/target/debug/examples/app"), None);
        assert_eq!(of("/elsewhere/debug/app"), None);
        let musl = Some("x86_64-unknown-linux-musl".to_owned());
        assert_eq!(of("/app/target/x86_64-unknown-linux-musl/release/app"), musl);
        assert_eq!(of("/app/target/x86_64-unknown-linux-musl/debug/examples/app"), musl);
    }
}
