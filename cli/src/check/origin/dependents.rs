//! The packages of the workspace that use a library, and may check origins in a layer around its routes.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    fs,
    path::{Path, PathBuf},
};

use sockeye_rules::syntax::package_name;

use super::{
    super::{package, walk},
    code::{self, Code},
    is_for_tests, text,
};

/// The workspaces of the libraries that were asked about, each walked once.
#[derive(Default)]
pub(super) struct Workspaces(HashMap<PathBuf, Vec<Member>>);

/// A package of a workspace.
struct Member {
    package: PathBuf,
    manifest: String,
    files: Vec<PathBuf>,
}

impl Workspaces {
    /// Whether a package of the workspace that depends on this library looks at origins.
    pub(super) fn look_at_origins(&mut self, library: &Path) -> Result<bool, String> {
        let is_library = library.join("src/lib.rs").exists();
        let (Some(name), Some(root)) = (package_name(&manifest(library)), workspace(library)) else {
            return Ok(false);
        };
        if !is_library {
            return Ok(false);
        }
        let members = self.members(root)?;
        let users = members.iter().filter(|one| one.package != library && depends_on(&one.manifest, &name));
        let looks = |member: &Member| member.files.iter().any(|file| looks_at_origins(&member.package, file));
        Ok(users.into_iter().any(looks))
    }

    fn members(&mut self, root: PathBuf) -> Result<&[Member], String> {
        Ok(match self.0.entry(root) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let members = members(place.key())?;
                place.insert(members)
            }
        })
    }
}

/// The packages below a directory, with their files.
fn members(root: &Path) -> Result<Vec<Member>, String> {
    let mut members: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for file in walk::files(&[root.to_path_buf()])? {
        if let Some(package) = package::of(&file.path) {
            members.entry(package).or_default().push(file.path);
        }
    }
    let member = |(package, files): (PathBuf, _)| {
        let manifest = manifest(&package);
        Member { package, manifest, files }
    };
    Ok(members.into_iter().map(member).collect())
}

fn looks_at_origins(package: &Path, file: &Path) -> bool {
    if is_for_tests(package, file) {
        return false;
    }
    let text = text(file);
    code::mentions_origin(&text) && Code::read(&text).looks_at_origins
}

fn manifest(package: &Path) -> String {
    fs::read_to_string(package.join("Cargo.toml")).unwrap_or_default()
}

/// The nearest directory around the package whose manifest is that of a workspace.
fn workspace(package: &Path) -> Option<PathBuf> {
    let is_root = |directory: &&Path| manifest(directory).lines().any(|line| line.trim() == "[workspace]");
    package.ancestors().find(is_root).map(Path::to_path_buf)
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
