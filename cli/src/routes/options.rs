//! What is asked on the command line.

use std::{path::PathBuf, time::Duration};

use clap::ValueEnum;

use crate::probe::timeout::seconds;

/// Builds and runs your program as a check, lists its endpoints, and names those that the linker dropped.
///
/// The program runs with `SOCKEYE_CHECK=json`: it comes to `Server::serve`, checks everything, and ends without
/// listening. Exit status: 0 when every endpoint of the sources is there and nothing is wrong, 1 when not, 2 when the
/// program could not be asked.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Options {
    /// Package of the program
    #[arg(long, short, value_name = "NAME")]
    pub(super) package: Option<String>,
    /// Name of the program, where the package has several
    #[arg(long, value_name = "NAME", conflicts_with = "example")]
    pub(super) bin: Option<String>,
    /// Name of an example to run in place of a program
    #[arg(long, value_name = "NAME")]
    pub(super) example: Option<String>,
    /// Features to switch on, separated by commas
    #[arg(long, short = 'F', value_name = "FEATURES")]
    pub(super) features: Vec<String>,
    /// Switch on every feature
    #[arg(long)]
    pub(super) all_features: bool,
    /// Switch off the default features
    #[arg(long)]
    pub(super) no_default_features: bool,
    /// Build as for a release
    #[arg(long, short)]
    pub(super) release: bool,
    /// Platform to build for, as `cargo run` takes it
    #[arg(long, value_name = "TRIPLE")]
    pub(super) target: Option<String>,
    /// Use only what has been downloaded
    #[arg(long)]
    pub(super) offline: bool,
    /// Fail when `Cargo.lock` would have to change
    #[arg(long)]
    pub(super) locked: bool,
    /// Path to the package's `Cargo.toml`
    #[arg(long, value_name = "PATH")]
    pub(super) manifest_path: Option<PathBuf>,
    /// Seconds that the program may run; building does not count
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(super) timeout: Duration,
    /// Form of the result
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: Format,
    /// What the program gets as its arguments
    #[arg(last = true)]
    pub(super) arguments: Vec<String>,
}

/// For whom the result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A table for people
    Human,
    /// One JSON document
    Json,
}

impl Options {
    /// What chooses the program and how it is built, as `cargo run` takes it.
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

    /// What decides about dependencies.
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
