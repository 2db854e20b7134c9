//! Selects the files to check.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use ignore::{DirEntry, WalkBuilder};

/// A file to check.
#[derive(Debug)]
pub(super) struct SourceFile {
    pub(super) path: PathBuf,
    /// The path as shown in reports: without `./`, with `/` on every system.
    pub(super) shown: String,
}

/// The Rust files in the directories, and the files that are named explicitly, each once, sorted by path.
pub(super) fn files(paths: &[PathBuf]) -> Result<Vec<SourceFile>, String> {
    let mut files = Vec::new();
    for path in paths {
        if !path.exists() {
            return Err(format!("no such file or directory: `{}`", path.display()));
        }
        add(path, &mut files)?;
    }
    if paths.len() > 1 {
        let mut seen = HashSet::new();
        files.retain(|file| seen.insert(file.path.canonicalize().unwrap_or_else(|_| file.path.clone())));
    }
    files.sort_by(|a, b| a.shown.cmp(&b.shown));
    Ok(files)
}

/// A file that is named explicitly is checked even if git ignores it or its name does not end in `.rs`.
fn add(path: &Path, files: &mut Vec<SourceFile>) -> Result<(), String> {
    // Directories are taken as they are; `.gitignore` lists files to skip, inside a repository or not.
    let walk =
        WalkBuilder::new(path).require_git(false).filter_entry(|entry| !is_build_directory(entry)).build();
    for entry in walk {
        let entry = entry.map_err(|error| format!("a directory could not be read: {error}"))?;
        let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
        let named = entry.depth() == 0 && path.is_file();
        if named || (is_file && entry.path().extension().is_some_and(|end| end == "rs")) {
            let shown = shown(entry.path());
            files.push(SourceFile { path: entry.into_path(), shown });
        }
    }
    Ok(())
}

/// A directory named `target` can be a module; one beside a manifest is Cargo's. A target directory elsewhere contains
/// Cargo's tag file.
fn is_build_directory(entry: &DirEntry) -> bool {
    if entry.depth() == 0 || !entry.file_type().is_some_and(|kind| kind.is_dir()) {
        return false;
    }
    let beside_manifest = || entry.path().with_file_name("Cargo.toml").exists();
    (entry.file_name() == "target" && beside_manifest()) || entry.path().join("CACHEDIR.TAG").exists()
}

fn shown(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path).to_string_lossy();
    if cfg!(windows) { path.replace('\\', "/") } else { path.into_owned() }
}
