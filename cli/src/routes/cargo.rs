//! What cargo says: which crates were built, and which packages they are of.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use super::options::Options;
use crate::probe::Trouble;

/// The cargo that called us, or the one on the path.
pub(super) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A line of `--message-format=json`.
#[derive(Debug, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub(super) enum Message {
    CompilerArtifact(Artifact),
    BuildFinished {
        success: bool,
    },
    #[serde(other)]
    Other,
}

/// A crate that was built, now or before.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Artifact {
    pub(super) package_id: String,
    pub(super) target: Target,
    /// The program, where it is one.
    pub(super) executable: Option<PathBuf>,
}

/// One crate of a package.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Target {
    pub(super) kind: Vec<String>,
    pub(super) name: String,
    /// Its first file.
    pub(super) src_path: PathBuf,
}

impl Target {
    pub(super) fn is(&self, kind: &str) -> bool {
        self.kind.iter().any(|one| one == kind)
    }

    /// A library that a program is linked with.
    pub(super) fn is_library(&self) -> bool {
        ["lib", "rlib", "dylib", "cdylib", "staticlib"].iter().any(|kind| self.is(kind))
    }

    /// The name of the crate in Rust.
    pub(super) fn crate_name(&self) -> String {
        self.name.replace('-', "_")
    }
}

/// What `cargo metadata` says, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) workspace_root: PathBuf,
    packages: Vec<Package>,
    resolve: Option<Resolve>,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
    /// `None` for a package with a path.
    source: Option<String>,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    /// What the depending crate calls it.
    name: String,
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Debug, Deserialize)]
struct Kind {
    /// `None`, `dev` or `build`.
    kind: Option<String>,
}

impl Metadata {
    pub(super) fn read(options: &Options) -> Result<Self, Trouble> {
        let output =
            cargo().args(["metadata", "--format-version", "1"]).args(options.for_metadata()).output();
        let output = output.map_err(|error| Trouble::new(format!("cannot run cargo: {error}")))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Trouble::new(format!("`cargo metadata` failed: {}", said.trim())));
        }
        serde_json::from_slice(&output.stdout)
            .map_err(|error| Trouble::new(format!("cannot read what `cargo metadata` says: {error}")))
    }

    /// The packages with a path whose code can be in the program of this package: itself, and what it depends on.
    pub(super) fn in_program(&self, root: &str, with_dev: bool) -> BTreeSet<&str> {
        let nodes: BTreeMap<&str, &Node> = self.nodes().map(|node| (node.id.as_str(), node)).collect();
        let mut reached = BTreeSet::new();
        let mut next: Vec<&str> = nodes.keys().copied().filter(|id| *id == root).collect();
        while let Some(id) = next.pop() {
            if self.is_macro(id) || !reached.insert(id) {
                continue;
            }
            let dependencies = nodes.get(id).map(|node| node.deps.as_slice()).unwrap_or_default();
            let linked = dependencies.iter().filter(|one| one.is_linked(with_dev && id == root));
            next.extend(linked.map(|one| one.pkg.as_str()));
        }
        reached
            .into_iter()
            .filter(|id| self.package(id).is_some_and(|package| package.source.is_none()))
            .collect()
    }

    /// What the package calls one that it depends on; `None` when it does not depend on it directly.
    pub(super) fn name_within(&self, root: &str, package: &str) -> Option<&str> {
        let node = self.nodes().find(|node| node.id == root)?;
        node.deps.iter().find(|one| one.pkg == package).map(|one| one.name.as_str())
    }

    pub(super) fn package_name(&self, id: &str) -> &str {
        self.package(id).map_or("", |package| &package.name)
    }

    /// A file as a person would name it: within the workspace, from its root.
    pub(super) fn shown(&self, file: &Path) -> String {
        // The file was made absolute with its links resolved, so the root has to be too.
        let root = self.workspace_root.canonicalize().unwrap_or_default();
        file.strip_prefix(root).unwrap_or(file).display().to_string()
    }

    fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.resolve.iter().flat_map(|resolve| &resolve.nodes)
    }

    fn package(&self, id: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.id == id)
    }

    /// What a macro depends on runs in the compiler.
    fn is_macro(&self, id: &str) -> bool {
        self.package(id).is_some_and(|package| package.targets.iter().any(|target| target.is("proc-macro")))
    }
}

impl Dependency {
    fn is_linked(&self, with_dev: bool) -> bool {
        self.dep_kinds.iter().any(|kind| match kind.kind.as_deref() {
            None => true,
            Some("dev") => with_dev,
            Some(_) => false,
        })
    }
}
