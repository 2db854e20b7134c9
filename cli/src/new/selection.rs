//! The options that select a program, and what cargo says of it.

use std::path::PathBuf;

use cargo_metadata::{Metadata, Package, Target};

use crate::{
    probe::Trouble,
    program::{ask, metadata},
};

/// Which program of the workspace is meant.
#[derive(clap::Args)]
pub(crate) struct Selection {
    /// Package of the program
    #[arg(long, short, value_name = "NAME")]
    package: Option<String>,
    /// Name of the program, if the package has several
    #[arg(long, value_name = "NAME")]
    bin: Option<String>,
    /// Path to the package's `Cargo.toml`
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
}

/// A program, its package, and the directory of its workspace.
pub(crate) struct Found {
    pub(crate) package: Package,
    pub(crate) program: Target,
    pub(crate) workspace: PathBuf,
}

impl Selection {
    /// Asks cargo, without a network.
    pub(crate) fn find(&self) -> Result<Found, Trouble> {
        let mut command = metadata(vec!["--no-deps".to_owned(), "--offline".to_owned()]);
        if let Some(manifest) = &self.manifest_path {
            command.manifest_path(manifest);
        }
        let metadata = ask(&command)?;
        let package = package(&metadata, self)?;
        let program = binary(&package, self)?.clone();
        Ok(Found { package, program, workspace: metadata.workspace_root.into_std_path_buf() })
    }
}

/// The one that is named, or the one around the working directory, or the only one.
fn package(metadata: &Metadata, options: &Selection) -> Result<Package, Trouble> {
    let packages = metadata.workspace_packages();
    let found = match &options.package {
        Some(name) => packages.iter().find(|one| one.name.as_str() == name),
        None => packages.iter().find(|one| is_around(one, options)).or(match packages.as_slice() {
            [only] => Some(only),
            _ => None,
        }),
    };
    found.map(|one| (*one).clone()).ok_or_else(|| {
        let names: Vec<_> = packages.iter().map(|one| format!("`{}`", one.name)).collect();
        let what = match &options.package {
            Some(name) => format!("the workspace has no package `{name}`"),
            None => "the workspace has several packages".to_owned(),
        };
        Trouble::new(what).help(format!("write `--package NAME`, with one of {}", names.join(", ")))
    })
}

fn is_around(package: &Package, options: &Selection) -> bool {
    let start = options.manifest_path.clone().unwrap_or_else(|| PathBuf::from("Cargo.toml"));
    let Ok(start) = std::path::absolute(start) else { return false };
    let manifest =
        start.ancestors().skip(1).map(|folder| folder.join("Cargo.toml")).find(|file| file.exists());
    let same = |file: PathBuf| file.canonicalize().ok() == package.manifest_path.canonicalize().ok();
    manifest.is_some_and(same)
}

fn binary<'a>(package: &'a Package, options: &Selection) -> Result<&'a Target, Trouble> {
    let binaries: Vec<&Target> = package.targets.iter().filter(|target| target.is_bin()).collect();
    let name = options.bin.as_ref().or(package.default_run.as_ref());
    let found = match (name, binaries.as_slice()) {
        (Some(name), all) => all.iter().copied().find(|one| one.name == *name),
        (None, [only]) => Some(*only),
        (None, _) => None,
    };
    found.ok_or_else(|| {
        let names: Vec<_> = binaries.iter().map(|one| format!("`{}`", one.name)).collect();
        match (name, names.is_empty()) {
            (_, true) => Trouble::new(format!("the package `{}` has no program", package.name))
                .help("write a `src/main.rs` that serves a `sockeye::Server`"),
            (Some(name), _) => {
                Trouble::new(format!("the package `{}` has no program `{name}`", package.name))
                    .help(format!("write `--bin` with one of {}", names.join(", ")))
            }
            (None, _) => Trouble::new(format!("the package `{}` has several programs", package.name))
                .help(format!("write `--bin` with one of {}", names.join(", "))),
        }
    })
}
