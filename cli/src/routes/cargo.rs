//! Information from cargo: the packages, and which of them can be in the program.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use cargo_metadata::{Artifact, DependencyKind, Metadata, Node, NodeDep, Package, PackageId, Target};

use super::platform::platform;
use crate::{
    probe::Trouble,
    program::{Program, ask, metadata},
};

/// Whether a program links it.
pub(super) fn is_library(target: &Target) -> bool {
    target.is_lib() || target.is_rlib() || target.is_dylib() || target.is_cdylib() || target.is_staticlib()
}

/// The name of the crate in Rust.
pub(super) fn crate_name(target: &Target) -> String {
    target.name.replace('-', "_")
}

/// The packages, and their dependencies.
pub(super) struct Packages(Metadata);

impl Packages {
    /// Only for the platform of the program: no other crate was needed to build it, so no other is available offline.
    pub(super) fn read(options: &Program, program: &Artifact) -> Result<Self, Trouble> {
        let mut arguments = options.for_metadata();
        arguments.extend(["--filter-platform".to_owned(), platform(options, program)?]);
        ask(&metadata(arguments)).map(Self)
    }

    pub(super) fn workspace_root(&self) -> &Path {
        self.0.workspace_root.as_std_path()
    }

    /// The path packages whose code can be in the program of this package: itself, and its dependencies.
    pub(super) fn in_program(&self, root: &PackageId, with_dev: bool) -> BTreeSet<&PackageId> {
        let nodes: BTreeMap<&PackageId, &Node> = self.nodes().map(|node| (&node.id, node)).collect();
        let mut reached = BTreeSet::new();
        let mut next: Vec<&PackageId> = nodes.keys().copied().filter(|id| *id == root).collect();
        while let Some(id) = next.pop() {
            if self.is_macro(id) || !reached.insert(id) {
                continue;
            }
            let dependencies = nodes.get(id).map(|node| node.deps.as_slice()).unwrap_or_default();
            let linked = dependencies.iter().filter(|one| is_linked(one, with_dev && id == root));
            next.extend(linked.map(|one| &one.pkg));
        }
        reached
            .into_iter()
            .filter(|id| self.package(id).is_some_and(|package| package.source.is_none()))
            .collect()
    }

    /// The name of a dependency in the package; `None` if it is not a direct one.
    pub(super) fn name_within(&self, root: &PackageId, package: &PackageId) -> Option<&str> {
        let node = self.nodes().find(|node| node.id == *root)?;
        node.deps.iter().find(|one| one.pkg == *package).map(|one| one.name.as_str())
    }

    pub(super) fn package_name(&self, id: &PackageId) -> &str {
        self.package(id).map_or("", |package| package.name.as_str())
    }

    /// The path of a file for people: within the workspace, relative to its root.
    pub(super) fn shown(&self, file: &Path) -> String {
        // The file's links are resolved, so the root's must be too.
        let root = self.workspace_root().canonicalize().unwrap_or_default();
        file.strip_prefix(root).unwrap_or(file).display().to_string()
    }

    fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.0.resolve.iter().flat_map(|resolve| &resolve.nodes)
    }

    fn package(&self, id: &PackageId) -> Option<&Package> {
        self.0.packages.iter().find(|package| package.id == *id)
    }

    /// The dependencies of a macro run in the compiler.
    fn is_macro(&self, id: &PackageId) -> bool {
        self.package(id).is_some_and(|package| package.targets.iter().any(Target::is_proc_macro))
    }
}

fn is_linked(dependency: &NodeDep, with_dev: bool) -> bool {
    dependency.dep_kinds.iter().any(|kind| match kind.kind {
        DependencyKind::Normal => true,
        DependencyKind::Development => with_dev,
        _ => false,
    })
}
