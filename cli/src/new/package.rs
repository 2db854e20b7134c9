//! The package that gets the endpoint, and what its manifest lacks.

use std::path::{Path, PathBuf};

use cargo_metadata::{Dependency, DependencyKind, Package};

use super::{Found, Selection, kind::Kind};
use crate::probe::Trouble;

/// The root file of the program, and its package.
pub(super) struct Program {
    pub(super) package: Package,
    pub(super) root: PathBuf,
}

impl Program {
    pub(super) fn find(selection: &Selection) -> Result<Self, Trouble> {
        let Found { package, program, .. } = selection.find()?;
        let root = program.src_path.into_std_path_buf();
        if root.parent().is_some_and(|folder| folder.ends_with("src/bin")) {
            let folder = root.with_extension("");
            return Err(Trouble::new(format!(
                "a module of `{}` would be a program of its own in `src/bin`",
                root.display()
            ))
            .help(format!("move it to `{}`", folder.join("main.rs").display())));
        }
        Ok(Self { package, root })
    }

    /// The directory of the package.
    pub(super) fn directory(&self) -> &Path {
        self.package.manifest_path.parent().map_or(Path::new("."), |folder| folder.as_std_path())
    }

    /// The path of a file, as seen from the directory of the package.
    pub(super) fn shown(&self, file: &Path) -> String {
        file.strip_prefix(self.directory()).unwrap_or(file).display().to_string()
    }

    /// Commands that add what the source needs.
    pub(super) fn lacks(&self, kind: Kind) -> Result<Vec<String>, Trouble> {
        let Some(sockeye) = self.dependency("sockeye", &[DependencyKind::Normal]) else {
            return Err(Trouble::new(format!(
                "the package `{}` does not depend on `sockeye`",
                self.package.name
            ))
            .help("add it: `cargo add sockeye --path CLONE/runtime`, where CLONE is your clone of Sockeye"));
        };
        if sockeye.rename.is_some() {
            return Err(Trouble::new(
                "`sockeye` has another name in `Cargo.toml`, which the source does not know",
            )
            .help("give the dependency its own name"));
        }
        let both = &[DependencyKind::Normal, DependencyKind::Development];
        let mut commands = Vec::new();
        if !self.has("sockeye", &["testing"], both) {
            let from = sockeye.path.as_ref().map_or(String::new(), |path| format!(" --path {path}"));
            commands.push(format!("cargo add --dev sockeye --features testing{from}"));
        }
        if !self.has("tokio", &["macros"], both) {
            commands.push("cargo add tokio --features macros,rt-multi-thread".to_owned());
        }
        if kind.has_messages() {
            if !self.has("axum", &[], &[DependencyKind::Normal]) {
                commands.push("cargo add axum".to_owned());
            }
            if !self.has("serde", &["derive"], &[DependencyKind::Normal]) {
                commands.push("cargo add serde --features derive".to_owned());
            }
        }
        Ok(commands)
    }

    /// Whether the package has a dependency of this name.
    pub(super) fn names(&self, name: &str) -> bool {
        let called = |one: &Dependency| one.rename.as_ref().unwrap_or(&one.name).replace('-', "_");
        self.package.dependencies.iter().any(|one| called(one) == name)
    }

    fn dependency(&self, name: &str, kinds: &[DependencyKind]) -> Option<&Dependency> {
        self.package.dependencies.iter().find(|one| one.name == name && kinds.contains(&one.kind))
    }

    fn has(&self, name: &str, features: &[&str], kinds: &[DependencyKind]) -> bool {
        let ours =
            self.package.dependencies.iter().filter(|one| one.name == name && kinds.contains(&one.kind));
        let named: Vec<&str> = ours.clone().flat_map(|one| one.features.iter().map(String::as_str)).collect();
        ours.count() > 0 && features.iter().all(|feature| named.contains(feature) || named.contains(&"full"))
    }
}
