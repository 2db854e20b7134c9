//! What cargo is asked.

use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand};

use crate::probe::Trouble;

/// The cargo that called us, or the one in the path.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// `cargo metadata` with these options.
pub(crate) fn metadata(options: Vec<String>) -> MetadataCommand {
    let mut command = MetadataCommand::new();
    command.other_options(options);
    command
}

/// The output of the command, or why there is none.
pub(crate) fn ask(command: &MetadataCommand) -> Result<Metadata, Trouble> {
    command.exec().map_err(|error| match error {
        cargo_metadata::Error::CargoMetadata { stderr } => {
            Trouble::new(format!("`cargo metadata` failed: {}", stderr.trim()))
        }
        other => Trouble::new(other.to_string()),
    })
}
