//! A JSON schema as a type of TypeScript, as far as types can say it: ranges, lengths and patterns are left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{
    cycles::unfolded,
    gaps::is_never,
    names::{field, text, types},
};

const PREFIX: &str = "#/components/schemas/";

/// The name of the schema that a reference is of. References are JSON pointers in URIs, and encode some signs.
pub(super) fn referred(reference: &str) -> Option<String> {
    let pointer = percent_decode_str(reference.strip_prefix(PREFIX)?).decode_utf8_lossy();
    Some(pointer.replace("~1", "/").replace("~0", "~"))
}

/// A type, and whether a sign behind it could be read as a part of it. The text does not tell: it has comments and strings in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Type {
    text: String,
    is_open: bool,
}

impl Type {
    fn open(text: String) -> Self {
        Self { text, is_open: true }
    }

    /// With brackets, where it needs them.
    fn closed(&self) -> String {
        if self.is_open { format!("({})", self.text) } else { self.text.clone() }
    }
}

impl<T: Into<String>> From<T> for Type {
    fn from(text: T) -> Self {
        Self { text: text.into(), is_open: false }
    }
}

/// The schemas of a document, with their names in TypeScript.
pub(super) struct Schemas<'a> {
    all: BTreeMap<&'a str, &'a Value>,
    names: BTreeMap<&'a str, String>,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(document: &'a Value) -> Self {
        let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
        let all: BTreeMap<&str, &Value> = schemas.map(|(name, schema)| (name.as_str(), schema)).collect();
        let names = types(all.keys().copied());
        Self { all, names }
    }

    /// Every named type, with its documentation.
    pub(super) fn declarations(&self) -> String {
        let mut text = String::new();
        for (name, schema) in &self.all {
            text.push_str(&comment(schema["description"].as_str(), 0));
            let ty = self.type_of(&unfolded(name, &self.all));
            let _ = write!(text, "export type {} = {ty};\n\n", self.names[name]);
        }
        text
    }

    /// The type of what fits a schema.
    pub(super) fn type_of(&self, schema: &Value) -> String {
        self.at(schema, 0).text
    }

    fn at(&self, schema: &Value, depth: usize) -> Type {
        let fields = match schema {
            Value::Bool(false) => return "never".into(),
            Value::Object(fields) => fields,
            _ => return "unknown".into(),
        };
        if is_never(schema) {
            return "never".into();
        }
        if let Some(value) = fields.get("const") {
            return literal(value).into();
        }
        if let Some(values) = list(fields, "enum") {
            return union(values.iter().map(|value| literal(value).into()));
        }
        let own = self.by_type(fields, depth);
        let each = |name: &str| list(fields, name).into_iter().flatten().map(|one| self.at(one, depth));
        let mut all: Vec<Type> = own.into_iter().chain(self.reference(fields)).chain(each("allOf")).collect();
        for name in ["oneOf", "anyOf"] {
            if fields.contains_key(name) {
                all.push(union(each(name)));
            }
        }
        intersection(all)
    }

    /// The name of the type that the schema refers to.
    fn reference(&self, fields: &Map<String, Value>) -> Option<Type> {
        let name = fields.get("$ref").and_then(Value::as_str).and_then(referred)?;
        self.names.get(&*name).map(|name| name.as_str().into())
    }

    /// What `type` says, with what belongs to it; `None` if it says nothing.
    fn by_type(&self, fields: &Map<String, Value>, depth: usize) -> Option<Type> {
        match fields.get("type") {
            Some(Value::String(name)) => self.of(name, fields, depth),
            Some(Value::Array(names)) => {
                let names = names.iter().filter_map(Value::as_str);
                Some(union(
                    names.map(|name| self.of(name, fields, depth).unwrap_or_else(|| "unknown".into())),
                ))
            }
            _ if fields.contains_key("properties") => self.of("object", fields, depth),
            _ => None,
        }
    }

    fn of(&self, name: &str, fields: &Map<String, Value>, depth: usize) -> Option<Type> {
        Some(match name {
            "string" => "string".into(),
            "integer" | "number" => "number".into(),
            "boolean" => "boolean".into(),
            "null" => "null".into(),
            "array" => self.array(fields, depth).into(),
            "object" => return self.object(fields, depth),
            _ => "unknown".into(),
        })
    }

    fn array(&self, fields: &Map<String, Value>, depth: usize) -> String {
        let many = |item: &Value| format!("{}[]", self.at(item, depth).closed());
        // Draft 7 and its successors name the items of a tuple differently.
        let (items, rest) = match list(fields, "prefixItems") {
            Some(items) => (Some(items), fields.get("items")),
            None => (list(fields, "items"), fields.get("additionalItems")),
        };
        let Some(items) = items else { return fields.get("items").map_or("unknown[]".to_owned(), many) };
        let rest = rest.filter(|rest| rest.is_object()).map(|rest| format!("...{}", many(rest)));
        let items = items.iter().map(|item| self.at(item, depth).text).chain(rest);
        format!("[{}]", items.collect::<Vec<_>>().join(", "))
    }

    /// `None` for an object of which only the other parts of its schema say something.
    fn object(&self, fields: &Map<String, Value>, depth: usize) -> Option<Type> {
        let properties = fields.get("properties").and_then(Value::as_object).filter(|all| !all.is_empty());
        let other = fields.get("additionalProperties").filter(|other| **other != Value::Bool(false));
        // Keys of JSON are strings: those of a map of numbers have a pattern.
        let patterns = fields.get("patternProperties").and_then(Value::as_object);
        let others: Vec<&Value> = patterns.into_iter().flat_map(Map::values).chain(other).collect();
        let is_described_elsewhere =
            ["$ref", "oneOf", "anyOf", "allOf"].iter().any(|name| fields.contains_key(*name));
        match (properties, others.as_slice()) {
            (None, []) if is_described_elsewhere => None,
            (None, []) => Some("Record<string, unknown>".into()),
            (None, others) => {
                let values = union(others.iter().map(|other| self.at(other, depth))).text;
                // Not `Record<string, Tree>`: a type of TypeScript may refer to itself within braces only.
                Some(match &*values {
                    "unknown" => "Record<string, unknown>".into(),
                    _ => format!("{{ [key: string]: {values} }}").into(),
                })
            }
            (Some(properties), []) => Some(self.members(properties, fields, depth).into()),
            // What the named fields are is known, and must fit into what all others are.
            (Some(properties), _) => {
                let members = self.members(properties, fields, depth);
                Some(Type::open(format!("{members} & Record<string, unknown>")))
            }
        }
    }

    fn members(&self, properties: &Map<String, Value>, fields: &Map<String, Value>, depth: usize) -> String {
        let required: BTreeSet<&str> =
            list(fields, "required").into_iter().flatten().filter_map(Value::as_str).collect();
        let (inner, margin) = (depth + 1, "  ".repeat(depth + 1));
        let mut text = "{\n".to_owned();
        for (name, schema) in properties {
            text.push_str(&comment(schema["description"].as_str(), inner));
            let mark = if required.contains(name.as_str()) { "" } else { "?" };
            let _ = writeln!(text, "{margin}{}{mark}: {};", field(name), self.at(schema, inner).text);
        }
        let _ = write!(text, "{}}}", "  ".repeat(depth));
        text
    }

    /// Whether one of these fields is anywhere in what fits the schema.
    pub(super) fn mentions(&self, schema: &Value, name: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = vec![schema];
        while let Some(one) = next.pop() {
            match one {
                Value::Object(fields) => {
                    if fields.get("properties").is_some_and(|all| all.get(name).is_some()) {
                        return true;
                    }
                    if let Some(reference) = fields.get("$ref").and_then(Value::as_str)
                        && seen.insert(reference)
                    {
                        next.extend(referred(reference).and_then(|name| self.all.get(&*name).copied()));
                    }
                    next.extend(fields.values());
                }
                Value::Array(list) => next.extend(list),
                _ => {}
            }
        }
        false
    }
}

fn list<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Vec<Value>> {
    fields.get(name).and_then(Value::as_array)
}

/// A value as a type that only this value has.
fn literal(value: &Value) -> String {
    match value {
        Value::String(word) => text(word),
        Value::Bool(_) | Value::Number(_) | Value::Null => value.to_string(),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let each = fields.iter().map(|(name, value)| format!("{}: {}", field(name), literal(value)));
            format!("{{ {} }}", each.collect::<Vec<_>>().join("; "))
        }
    }
}

/// One of the types, each of them once.
fn union(types: impl Iterator<Item = Type>) -> Type {
    let mut all: Vec<Type> = Vec::new();
    for one in types {
        if !all.contains(&one) && one.text != "never" {
            all.push(one);
        }
    }
    match all.len() {
        0 => "never".into(),
        1 => all.remove(0),
        _ => Type::open(all.into_iter().map(|one| one.text).collect::<Vec<_>>().join(" | ")),
    }
}

/// All of the types.
fn intersection(types: Vec<Type>) -> Type {
    let mut known: Vec<Type> = types.into_iter().filter(|one| one.text != "unknown").collect();
    match known.len() {
        0 => "unknown".into(),
        1 => known.remove(0),
        _ => Type::open(known.iter().map(Type::closed).collect::<Vec<_>>().join(" & ")),
    }
}

/// A comment for editors; nothing if there is nothing to say.
pub(super) fn comment(description: Option<&str>, depth: usize) -> String {
    let Some(description) = description.map(str::trim).filter(|text| !text.is_empty()) else {
        return String::new();
    };
    let margin = "  ".repeat(depth);
    let safe = description.replace("*/", "*\\/");
    let lines: Vec<&str> = safe.lines().map(str::trim_end).collect();
    if let [one] = lines.as_slice() {
        return format!("{margin}/** {one} */\n");
    }
    let each = lines.iter().map(|line| format!("{margin} * {line}").trim_end().to_owned());
    format!("{margin}/**\n{}\n{margin} */\n", each.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(schema: &Value) -> String {
        let document =
            json!({ "components": { "schemas": { "Step": {}, "Wrapper<T>": {}, "my type/v1": {} } } });
        Schemas::new(&document).type_of(schema)
    }

    #[test]
    fn each_word_of_a_schema_becomes_a_type() {
        for (schema, expected) in [
            (json!(true), "unknown"),
            (json!(false), "never"),
            (json!({}), "unknown"),
            (json!({ "type": "integer", "format": "uint64", "minimum": 0 }), "number"),
            (json!({ "type": ["string", "null"] }), "string | null"),
            (json!({ "type": "array", "items": { "type": ["string", "null"] } }), "(string | null)[]"),
            (
                json!({ "type": "array", "items": [{ "type": "string" }, { "type": "number" }] }),
                "[string, number]",
            ),
            (json!({ "type": "object" }), "Record<string, unknown>"),
            (
                json!({ "type": "object", "additionalProperties": { "type": "boolean" } }),
                "{ [key: string]: boolean }",
            ),
            (
                json!({ "type": "object", "patternProperties": { "^\\d+$": { "$ref": "#/components/schemas/Step" } }, "additionalProperties": false }),
                "{ [key: string]: Step }",
            ),
            (
                json!({ "type": "array", "prefixItems": [{ "type": "string" }], "items": { "type": "number" } }),
                "[string, ...number[]]",
            ),
            (json!({ "not": {} }), "never"),
            (
                json!({ "$ref": "#/components/schemas/Step", "type": "object", "required": ["a"], "properties": { "a": { "const": 1 } } }),
                "{\n  a: 1;\n} & Step",
            ),
            (json!({ "enum": ["a", "b\"", null, 7] }), "\"a\" | \"b\\\"\" | null | 7"),
            (json!({ "const": { "sockeye": "gap" } }), "{ sockeye: \"gap\" }"),
            (json!({ "$ref": "#/components/schemas/Step" }), "Step"),
            (json!({ "$ref": "#/components/schemas/Wrapper<T>" }), "Wrapper_T_"),
            (json!({ "$ref": "#/components/schemas/my%20type~1v1" }), "my_type_v1"),
            (json!({ "allOf": [{ "$ref": "#/components/schemas/Step" }], "description": "x" }), "Step"),
            (
                json!({ "anyOf": [{ "$ref": "#/components/schemas/Step" }, { "type": "null" }] }),
                "Step | null",
            ),
        ] {
            assert_eq!(of(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn fields_have_their_documentation() {
        let schema = json!({
            "type": "object",
            "required": ["id"],
            "properties": { "id": { "type": "integer", "description": "Never */ changes." }, "a-b": { "type": "object", "properties": { "deep": {} } } },
        });
        assert_eq!(
            of(&schema),
            "{\n  \"a-b\"?: {\n    deep?: unknown;\n  };\n  /** Never *\\/ changes. */\n  id: number;\n}"
        );
    }

    #[test]
    fn signs_in_comments_and_strings_are_no_brackets() {
        let fields = |text: &str| json!({ "type": "object", "properties": { "a": { "description": text } } });
        let one_of =
            json!({ "type": "array", "items": { "oneOf": [fields("At least (one."), { "type": "null" }] } });
        assert_eq!(of(&one_of), "({\n  /** At least (one. */\n  a?: unknown;\n} | null)[]");
        let words = json!({ "type": "array", "items": { "enum": ["<", ">|"] } });
        assert_eq!(of(&words), "(\"<\" | \">|\")[]");
        let single = json!({ "type": "array", "items": { "const": "a|b" } });
        assert_eq!(of(&single), "\"a|b\"[]");
    }

    /// What schemars makes of `#[serde(flatten)]` over an enum with a tag.
    #[test]
    fn a_flattened_enum_is_an_intersection() {
        let variant = |name: &str| json!({ "type": "object", "required": ["type"], "properties": { "type": { "const": name } } });
        let schema = json!({
            "type": "object",
            "required": ["at"],
            "properties": { "at": { "type": "integer" } },
            "oneOf": [variant("a"), variant("b")],
        });
        assert_eq!(of(&schema), "{\n  at: number;\n} & ({\n  type: \"a\";\n} | {\n  type: \"b\";\n})");
    }
}
