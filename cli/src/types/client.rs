//! The module that has `connect`.

use std::{fs, path::Path};

use serde_json::Deserializer;

use super::Options;
use crate::program::quoted;

/// The module in npm.
const DEFAULT: &str = "sockeye-client";

/// The module of the command line, or else the one of the file that is compared or written anew.
pub(super) fn client(options: &Options) -> String {
    let given = options.client.clone();
    given.or_else(|| of_file(&options.files.first())).unwrap_or_else(|| DEFAULT.to_owned())
}

/// The choice as it is written on a command line.
pub(super) fn as_written(client: &str) -> String {
    if client == DEFAULT { String::new() } else { format!(" --client {}", quoted(client)) }
}

fn of_file(path: &Path) -> Option<String> {
    imported(&fs::read_to_string(path).ok()?)
}

/// The module that a written file imports.
fn imported(text: &str) -> Option<String> {
    let literal = text.lines().find_map(|line| line.strip_prefix("import * as $sockeye from "))?;
    Deserializer::from_str(literal).into_iter().next()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_is_the_one_that_the_file_imports() {
        let file = "// Written\nimport * as $sockeye from \"./sock\\\"eye.js\";\n\nexport function a() {}\n";
        assert_eq!(imported(file).unwrap(), "./sock\"eye.js");
        assert_eq!(imported("import { a } from \"b\";\n"), None);
        assert_eq!(imported("import * as $sockeye from ;\n"), None);
    }
}
