//! The options of the command.

use clap::ValueEnum;

use crate::program::Program;

/// Builds and runs your program as a check, lists its endpoints, and names those that the linker dropped.
///
/// The program runs with `SOCKEYE_CHECK=json`: it reaches `Server::serve`, checks everything, and exits without
/// listening. Exit status: 0 if every endpoint of the sources is in the program and there is no problem, 1 otherwise, 2 if the
/// program could not be checked.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(super) program: Program,
    /// Output format
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: Format,
}

/// Output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A table
    Human,
    /// One JSON document
    Json,
}
