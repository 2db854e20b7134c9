//! The options of the command.

use std::{path::PathBuf, time::Duration};

use clap::ValueEnum;

use crate::probe::timeout::seconds;

/// Builds and runs your program as a check, lists its endpoints, and names those that the linker dropped.
///
/// The program runs with `SOCKEYE_CHECK=json`: it reaches `Server::serve`, checks everything, and exits without
/// listening. Exit status: 0 if every endpoint of the sources is in the program and there is no problem, 1 otherwise, 2 if the
/// program could not be checked.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Options {
    /// Package of the program
    #[arg(long, short, value_name = "NAME")]
    pub(super) package: Option<String>,
    /// Name of the binary, if the package has several
    #[arg(long, value_name = "NAME", conflicts_with = "example")]
    pub(super) bin: Option<String>,
    /// Name of an example to run instead of a binary
    #[arg(long, value_name = "NAME")]
    pub(super) example: Option<String>,
    /// Features to enable, separated by commas
    #[arg(long, short = 'F', value_name = "FEATURES")]
    pub(super) features: Vec<String>,
    /// Enable all features
    #[arg(long)]
    pub(super) all_features: bool,
    /// Disable the default features
    #[arg(long)]
    pub(super) no_default_features: bool,
    /// Build in release mode
    #[arg(long, short)]
    pub(super) release: bool,
    /// Target triple to build for
    #[arg(long, value_name = "TRIPLE")]
    pub(super) target: Option<String>,
    /// Run without network access
    #[arg(long)]
    pub(super) offline: bool,
    /// Fail if `Cargo.lock` would change
    #[arg(long)]
    pub(super) locked: bool,
    /// Path to the package's `Cargo.toml`
    #[arg(long, value_name = "PATH")]
    pub(super) manifest_path: Option<PathBuf>,
    /// Seconds that the program may run, not counting the build
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(super) timeout: Duration,
    /// Output format
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: Format,
    /// Arguments for the program
    #[arg(last = true)]
    pub(super) arguments: Vec<String>,
}

/// Output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A table
    Human,
    /// One JSON document
    Json,
}

impl Options {
    /// The options that select the program and its build, as for `cargo run`.
    pub(super) fn for_run(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        for (name, value) in [
            ("--package", &self.package),
            ("--bin", &self.bin),
            ("--example", &self.example),
            ("--target", &self.target),
        ] {
            arguments.extend(value.iter().flat_map(|value| [name.to_owned(), value.clone()]));
        }
        if self.release {
            arguments.push("--release".to_owned());
        }
        arguments.extend(self.for_metadata());
        arguments
    }

    /// The options for dependencies.
    pub(super) fn for_metadata(&self) -> Vec<String> {
        let mut arguments: Vec<String> =
            self.features.iter().flat_map(|features| ["--features".to_owned(), features.clone()]).collect();
        for (name, given) in [
            ("--all-features", self.all_features),
            ("--no-default-features", self.no_default_features),
            ("--offline", self.offline),
            ("--locked", self.locked),
        ] {
            arguments.extend(given.then(|| name.to_owned()));
        }
        if let Some(path) = &self.manifest_path {
            arguments.extend(["--manifest-path".to_owned(), path.display().to_string()]);
        }
        arguments
    }
}
