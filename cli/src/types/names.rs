//! Names of Rust and of JSON as names of TypeScript.

use std::collections::{BTreeMap, BTreeSet};

/// Words that no function can be called.
const RESERVED: [&str; 48] = [
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// Names of types that TypeScript, or what we write, has already, and words that mean something in front of a type.
const TAKEN: [&str; 28] = [
    "any",
    "bigint",
    "boolean",
    "never",
    "null",
    "number",
    "object",
    "string",
    "symbol",
    "undefined",
    "unknown",
    "void",
    "abstract",
    "asserts",
    "infer",
    "keyof",
    "readonly",
    "unique",
    "Record",
    "Extract",
    "Pick",
    "Required",
    "URL",
    "URLSearchParams",
    "Blob",
    "ArrayBuffer",
    "ArrayBufferLike",
    "ArrayBufferView",
];

/// Names of values that what we write uses, or that a module cannot have: a function `then` would be called by `await import(..)`.
const USED: [&str; 6] = ["String", "URL", "URLSearchParams", "encodeURIComponent", "then", "undefined"];

/// A function for each channel. If two would have one name, that of the shorter channel has it, so that a new endpoint seldom renames
/// the function of another one; the other function is called as its channel.
pub(super) fn functions<'a>(channels: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, String> {
    let mut taken: BTreeSet<String> = USED.iter().chain(&RESERVED).map(|&name| name.to_owned()).collect();
    let mut channels: Vec<&str> = channels.collect();
    channels.sort_by_key(|channel| (channel.len(), *channel));
    let named = channels.into_iter().map(|channel| {
        let mut name = camel_case(channel);
        if taken.contains(&name) {
            name = identifier(channel);
        }
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        (channel, name)
    });
    named.collect()
}

/// A type of TypeScript for each schema.
pub(super) fn types<'a>(schemas: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, String> {
    let mut taken: BTreeSet<String> = TAKEN.iter().chain(&RESERVED).map(|&name| name.to_owned()).collect();
    schemas
        .map(|schema| {
            let mut name = identifier(schema);
            while !taken.insert(name.clone()) {
                name.push('_');
            }
            (schema, name)
        })
        .collect()
}

/// The letters, digits and underscores of a name.
fn identifier(name: &str) -> String {
    let fitting: String =
        name.chars().map(|one| if one.is_ascii_alphanumeric() || one == '_' { one } else { '_' }).collect();
    if fitting.starts_with(|first: char| first.is_ascii_digit()) || fitting.is_empty() {
        format!("_{fitting}")
    } else {
        fitting
    }
}

/// `validationUpdates` of `validation_updates`.
fn camel_case(channel: &str) -> String {
    let mut words = channel.split('_').filter(|word| !word.is_empty());
    let mut name = identifier(words.next().unwrap_or("_"));
    for word in words {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(identifier(rest).trim_start_matches('_'));
    }
    name
}

/// The name of a field, in quotes where it is no identifier.
pub(super) fn field(name: &str) -> String {
    let is_plain = !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|one| one.is_ascii_alphanumeric() || one == '_');
    if is_plain { name.to_owned() } else { text(name) }
}

/// A text as JavaScript writes it: JSON does the same.
pub(super) fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rust_become_names_of_javascript() {
        assert_eq!(camel_case("validation_updates"), "validationUpdates");
        assert_eq!(camel_case("v2_4x_feed"), "v24xFeed");
        assert_eq!(field("level"), "level");
        assert_eq!(field("content-type"), "\"content-type\"");
    }

    #[test]
    fn no_two_endpoints_have_one_function() {
        let named = |channels: &[&'static str]| -> Vec<(&str, String)> {
            functions(channels.iter().copied()).into_iter().collect()
        };
        let pair = |channel: &'static str, name: &str| (channel, name.to_owned());
        assert_eq!(named(&["a__b", "a_b"]), [pair("a__b", "a__b"), pair("a_b", "aB")]);
        assert_eq!(named(&["a_b", "aB"]), [pair("aB", "aB"), pair("a_b", "a_b")]);
        assert_eq!(named(&["delete", "delete_"]), [pair("delete", "delete_"), pair("delete_", "delete__")]);
        assert_eq!(named(&["URL", "then"]), [pair("URL", "URL_"), pair("then", "then_")]);
    }

    #[test]
    fn no_schema_has_a_name_of_typescript_or_of_the_module() {
        let names = types(["Blob", "Pick", "Required", "URL", "delete", "yield"].into_iter());
        let expected = ["Blob_", "Pick_", "Required_", "URL_", "delete_", "yield_"];
        assert_eq!(names.values().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn no_two_schemas_have_one_name() {
        let names = types(["A.b", "A_b", "string", "7"].into_iter());
        assert_eq!(names.values().collect::<Vec<_>>(), ["_7", "A_b", "A_b_", "string_"]);
    }
}
