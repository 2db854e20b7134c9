//! The output of a program with `SOCKEYE_CHECK=json`.

use serde::Deserialize;
use serde_json::Value;

use crate::{probe::Trouble, program::documents};

/// The version of the format that is supported here.
const VERSION: u64 = 1;

/// The result of one server's check.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) problems: Vec<Problem>,
    /// Warnings.
    #[serde(default)]
    pub(super) warnings: Vec<Problem>,
    /// As it was printed, for the JSON output.
    #[serde(skip)]
    pub(super) raw: Value,
}

/// An endpoint that is in the program.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Endpoint {
    pub(super) name: String,
    pub(super) module: String,
    pub(super) route: String,
    pub(super) group: String,
    pub(super) file: String,
    pub(super) line: usize,
    #[serde(default)]
    pub(super) settings: Settings,
}

/// The settings of an endpoint that are shown.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Settings {
    #[serde(default)]
    pub(super) origins: String,
}

/// A problem that keeps the server from starting.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Problem {
    pub(super) rule: String,
    pub(super) message: String,
    pub(super) file: Option<String>,
    pub(super) line: Option<usize>,
    pub(super) column: Option<usize>,
    pub(super) label: Option<String>,
    pub(super) help: Option<String>,
    /// Related places.
    #[serde(default)]
    pub(super) related: Vec<Place>,
}

/// A place in a source.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) label: String,
}

/// Every document in the output of a program, which may also print other text, and run several servers.
pub(super) fn read_all(output: &str) -> Result<Vec<Document>, Trouble> {
    let is_check = |value: &Value| value["endpoints"].is_array() && value["problems"].is_array();
    documents(output, is_check).into_iter().map(read).collect()
}

fn read(raw: Value) -> Result<Document, Trouble> {
    if raw["version"].as_u64() != Some(VERSION) {
        return Err(Trouble::new(format!(
            "the program prints its check in format version {}, but this command reads version {VERSION}",
            raw["version"]
        ))
        .help("install the version of `cargo-sockeye` that matches `sockeye` in `Cargo.lock`"));
    }
    let document = Document::deserialize(&raw)
        .map_err(|error| Trouble::new(format!("cannot read the check that the program printed: {error}")))?;
    Ok(Document { raw, ..document })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_not_read() {
        let trouble = read_all("{\"version\":2,\"endpoints\":[],\"problems\":[]}").unwrap_err();
        assert!(trouble.what.contains("version 2"), "{trouble:?}");
    }
}
