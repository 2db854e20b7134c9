//! The packages of the workspace that use a library, and may check origins in a layer around its routes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    super::{package, walk},
    code::{self, Code},
    is_for_tests, text,
};

/// Whether a package of the workspace that depends on this library looks at origins.
pub(super) fn look_at_origins(library: &Path) -> Result<bool, String> {
    let is_library = library.join("src/lib.rs").exists();
    let (Some(name), Some(root)) = (name(&manifest(library)), workspace(library)) else { return Ok(false) };
    if !is_library {
        return Ok(false);
    }
    let files = walk::files(&[root])?;
    let with_package = files.iter().filter_map(|file| Some((&file.path, package::of(&file.path)?)));
    let mut judged = Vec::<(PathBuf, bool)>::new();
    for (path, package) in with_package.filter(|(_, package)| package != library) {
        let known = judged.iter().find(|(one, _)| *one == package).map(|(_, uses)| *uses);
        let uses = known.unwrap_or_else(|| {
            let uses = depends_on(&manifest(&package), &name);
            judged.push((package.clone(), uses));
            uses
        });
        if uses && !is_for_tests(&package, path) {
            let text = text(path);
            if code::mentions_origin(&text) && Code::read(&text).looks_at_origins {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn manifest(package: &Path) -> String {
    fs::read_to_string(package.join("Cargo.toml")).unwrap_or_default()
}

/// The nearest directory around the package whose manifest is that of a workspace.
fn workspace(package: &Path) -> Option<PathBuf> {
    let is_root = |directory: &&Path| manifest(directory).lines().any(|line| line.trim() == "[workspace]");
    package.ancestors().find(is_root).map(Path::to_path_buf)
}

/// The name in the section `[package]`.
fn name(manifest: &str) -> Option<String> {
    let mut lines = manifest.lines().map(str::trim).skip_while(|line| *line != "[package]").skip(1);
    let own = lines.by_ref().take_while(|line| !line.starts_with('['));
    let mut names = own.filter_map(|line| line.strip_prefix("name")?.trim_start().strip_prefix('='));
    names.next().map(|name| name.trim().trim_matches('"').to_owned())
}

/// `feeds = { path = ".." }`, `feeds.workspace = true`, `[dependencies.feeds]`, or `package = "feeds"`.
fn depends_on(manifest: &str, name: &str) -> bool {
    let renamed = format!("package = \"{name}\"");
    let section = format!("dependencies.{name}]");
    manifest.lines().map(str::trim).any(|line| {
        let key = line.split(['=', '.', ' ']).next().unwrap_or_default();
        key == name && line.contains('=') || line.contains(&renamed) || line.ends_with(&section)
    })
}
