//! What a document cannot describe, because a type has no schema.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What happens then.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Strictness {
    /// Fail if the type of a message or of a query has no schema, and write nothing
    #[arg(long)]
    deny_missing_schema: bool,
}

/// The types without a schema.
pub(crate) struct Missing {
    /// A sentence for each.
    found: Vec<String>,
    strictness: Strictness,
}

/// What to write on each of the types.
const DERIVE: &str =
    "run `cargo add schemars`, and write `#[derive(schemars::JsonSchema)]` on each of these types";

impl Missing {
    pub(crate) fn of(document: &Value, strictness: Strictness) -> Self {
        let channels = document["channels"].as_object().into_iter().flatten();
        Self {
            found: channels.flat_map(|(endpoint, channel)| found(endpoint, channel)).collect(),
            strictness,
        }
    }

    /// Whether the command fails because of them.
    pub(crate) fn is_denied(&self) -> bool {
        self.strictness.deny_missing_schema && self.is_any()
    }

    pub(crate) fn is_any(&self) -> bool {
        !self.found.is_empty()
    }

    /// A line for each.
    pub(crate) fn lines(&self) -> String {
        let level = if self.is_denied() { "error" } else { "warning" };
        let lines: Vec<String> = self.found.iter().map(|sentence| format!("{level}: {sentence}\n")).collect();
        lines.concat()
    }

    /// What to do, if anything is, with what else there is to do.
    pub(crate) fn help(&self, more: Option<&str>) -> String {
        let derive = self.is_any().then_some(DERIVE);
        let steps: Vec<&str> = derive.into_iter().chain(more).collect();
        if steps.is_empty() { String::new() } else { format!("help: {}\n", steps.join("; then ")) }
    }
}

/// The type that lacks it: of `sockeye::call::incoming::Call<my_app::Ask>`, the program's own.
fn lacking(name: &str) -> &str {
    let inner = name.strip_prefix("sockeye::").and_then(|own| own.strip_suffix('>')?.split_once('<'));
    let Some((_, inner)) = inner else { return name };
    let mut depth = 0;
    let first = inner.find(|c| {
        depth += i32::from(matches!(c, '<' | '(' | '[')) - i32::from(matches!(c, '>' | ')' | ']'));
        c == ',' && depth == 0
    });
    lacking(&inner[..first.unwrap_or(inner.len())])
}

fn found(endpoint: &str, channel: &Value) -> Vec<String> {
    let name = |described: &Value| {
        described["x-sockeye-without-schema"].as_str().map(|name| lacking(name).to_owned())
    };
    let messages = channel["messages"].as_object().into_iter().flat_map(Map::values);
    let types: BTreeSet<String> = messages.filter_map(name).collect();
    let query = name(&channel["bindings"]["ws"]["query"]);
    let messages = types.into_iter().map(|name| {
        format!(
            "`{name}`, a message of the endpoint `{endpoint}`, has no schema and is documented as any JSON"
        )
    });
    let query = query.map(|name| {
        format!("`{name}`, the query of the endpoint `{endpoint}`, has no schema, so its fields are not documented")
    });
    messages.chain(query).collect()
}

#[cfg(test)]
mod tests {
    use super::lacking;

    #[test]
    fn the_type_of_the_program_is_named() {
        for (name, expected) in [
            ("app::Ask", "app::Ask"),
            ("alloc::vec::Vec<app::Ask>", "alloc::vec::Vec<app::Ask>"),
            ("sockeye::call::incoming::Call<app::Ask>", "app::Ask"),
            (
                "sockeye::call::incoming::Call<app::Map<u8, u8>, core::option::Option<sockeye::Responder>>",
                "app::Map<u8, u8>",
            ),
            ("sockeye::valid::Valid<sockeye::call::answer::Answer<app::Sum>>", "app::Sum"),
        ] {
            assert_eq!(lacking(name), expected);
        }
    }
}
