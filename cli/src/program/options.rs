//! The options that select a program.

use std::{path::PathBuf, time::Duration};

use super::quote::quoted;
use crate::probe::timeout::seconds;

/// The program, and how it is built and run.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Program {
    /// Package of the program
    #[arg(long, short, value_name = "NAME")]
    pub(crate) package: Option<String>,
    /// Name of the binary, if the package has several
    #[arg(long, value_name = "NAME", conflicts_with = "example")]
    pub(crate) bin: Option<String>,
    /// Name of an example to run instead of a binary
    #[arg(long, value_name = "NAME")]
    pub(crate) example: Option<String>,
    /// Features to enable, separated by commas
    #[arg(long, short = 'F', value_name = "FEATURES")]
    pub(crate) features: Vec<String>,
    /// Enable all features
    #[arg(long)]
    pub(crate) all_features: bool,
    /// Disable the default features
    #[arg(long)]
    pub(crate) no_default_features: bool,
    /// Build in release mode
    #[arg(long, short)]
    pub(crate) release: bool,
    /// Target triple to build for
    #[arg(long, value_name = "TRIPLE")]
    pub(crate) target: Option<String>,
    /// Run without network access
    #[arg(long)]
    pub(crate) offline: bool,
    /// Fail if `Cargo.lock` would change
    #[arg(long)]
    pub(crate) locked: bool,
    /// Path to the package's `Cargo.toml`
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// Seconds that the program may run, not counting the build
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) timeout: Duration,
    /// Arguments for the program
    #[arg(last = true)]
    pub(crate) arguments: Vec<String>,
}

impl Program {
    /// The options that select the program and its build, as for `cargo run`.
    pub(crate) fn for_run(&self) -> Vec<String> {
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
    pub(crate) fn for_metadata(&self) -> Vec<String> {
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

    /// The same choice, as it is written behind a command of `cargo sockeye`.
    pub(crate) fn before_arguments(&self) -> String {
        self.for_run().iter().map(|word| format!(" {}", quoted(word))).collect::<Vec<_>>().concat()
    }

    /// The program's own arguments, as they are written at the end.
    pub(crate) fn behind_dashes(&self) -> String {
        if self.arguments.is_empty() {
            return String::new();
        }
        let words = self.arguments.iter().map(|word| format!(" {}", quoted(word)));
        format!(" --{}", words.collect::<String>())
    }
}
