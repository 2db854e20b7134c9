//! The parts of a schema that no type of TypeScript can say.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::{Map, Value};

use super::schema::referred;

/// The words of JSON schema that narrow what fits, without a counterpart. Ranges, lengths, and patterns of one value are not
/// among them: the type is the same.
const WORDS: [&str; 12] = [
    "not",
    "if",
    "then",
    "else",
    "contains",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "$dynamicRef",
];

/// A line for each type that is wider than its schema.
pub(super) fn warnings(document: &Value) -> String {
    let mut text = String::new();
    let named = document["components"]["schemas"].as_object().into_iter().flatten();
    for (name, schema) in named {
        warn(&mut text, &format!("the type `{name}`"), &gaps(document, schema));
    }
    for (endpoint, channel) in document["channels"].as_object().into_iter().flatten() {
        let messages = channel["messages"].as_object().into_iter().flat_map(Map::values);
        let all = messages.flat_map(|message| gaps(document, &message["payload"])).collect();
        warn(&mut text, &format!("a message of the endpoint `{endpoint}`"), &all);
    }
    text
}

fn warn(text: &mut String, what: &str, gaps: &BTreeSet<String>) {
    if !gaps.is_empty() {
        let words: Vec<_> = gaps.iter().map(|word| format!("`{word}`")).collect();
        let _ = writeln!(
            text,
            "warning: {what} accepts more in TypeScript than its schema does: TypeScript has nothing for {}",
            words.join(", ")
        );
    }
}

/// What is left out of a type. Types that it refers to have their own.
fn gaps(document: &Value, schema: &Value) -> BTreeSet<String> {
    let mut gaps = BTreeSet::new();
    let mut next = vec![schema];
    while let Some(one) = next.pop() {
        let Value::Object(fields) = one else { continue };
        let words = fields.keys().filter(|word| WORDS.contains(&word.as_str()) && !is_never(one));
        gaps.extend(words.cloned());
        if fields.get("properties").and_then(Value::as_object).is_some_and(|all| !all.is_empty()) {
            gaps.extend(beside_properties(fields).map(str::to_owned));
        }
        let reference = fields.get("$ref").and_then(Value::as_str);
        gaps.extend(reference.filter(|to| !is_known(document, to)).map(|to| format!("$ref: {to}")));
        next.extend(inner(fields));
    }
    gaps
}

/// What is said about all other fields of an object that has fields with names.
fn beside_properties(fields: &Map<String, Value>) -> impl Iterator<Item = &'static str> {
    let other = fields.get("additionalProperties").and_then(Value::as_object);
    let patterns = fields.get("patternProperties").and_then(Value::as_object);
    let both = [("additionalProperties", other), ("patternProperties", patterns)];
    both.into_iter().filter(|(_, all)| all.is_some_and(|all| !all.is_empty())).map(|(name, _)| name)
}

/// The schema of no value.
pub(super) fn is_never(schema: &Value) -> bool {
    let not = &schema["not"];
    *not == Value::Bool(true) || not.as_object().is_some_and(Map::is_empty)
}

fn is_known(document: &Value, reference: &str) -> bool {
    referred(reference).is_some_and(|name| document["components"]["schemas"].get(name).is_some())
}

/// The schemas within a schema, without its values, such as those of `const` and `default`.
fn inner(fields: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let maps =
        ["properties", "patternProperties"].into_iter().filter_map(|name| fields.get(name)?.as_object());
    let lists = ["allOf", "anyOf", "oneOf", "prefixItems", "items"].into_iter();
    let lists = lists.filter_map(|name| fields.get(name)?.as_array());
    let single =
        ["items", "additionalItems", "additionalProperties"].into_iter().filter_map(|name| fields.get(name));
    maps.flat_map(Map::values).chain(lists.flatten()).chain(single)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_type_leaves_out_is_named() {
        let document = json!({
            "components": { "schemas": {
                "Odd": { "type": "object", "properties": { "a": { "type": "array", "items": { "not": { "const": 1 } } } } },
                "Mixed": { "type": "object", "properties": { "a": {} }, "patternProperties": { "^x": { "type": "string" } } },
                "Lost": { "anyOf": [{ "$ref": "#/components/schemas/Gone" }, { "$ref": "#/components/schemas/Odd" }] },
            } },
            "channels": { "feed": { "messages": { "sent": { "payload": { "if": {}, "then": {} } } } } },
        });
        assert_eq!(
            warnings(&document),
            "warning: the type `Lost` accepts more in TypeScript than its schema does: TypeScript has nothing for `$ref: #/components/schemas/Gone`\n\
             warning: the type `Mixed` accepts more in TypeScript than its schema does: TypeScript has nothing for `patternProperties`\n\
             warning: the type `Odd` accepts more in TypeScript than its schema does: TypeScript has nothing for `not`\n\
             warning: a message of the endpoint `feed` accepts more in TypeScript than its schema does: TypeScript has nothing for `if`, `then`\n"
        );
    }

    #[test]
    fn a_type_that_says_it_all_is_not_named() {
        let document = json!({ "components": { "schemas": {
            "Fields": { "type": "object", "properties": { "not": { "type": "string", "pattern": "^x" }, "if": { "default": { "not": 1 } } } },
            "Never": { "not": {} },
            "a b": { "items": { "$ref": "#/components/schemas/a%20b" } },
            "Numbers": { "type": "object", "patternProperties": { "^\\d+$": { "type": "string" } }, "additionalProperties": false },
        } } });
        assert_eq!(warnings(&document), "");
    }
}
