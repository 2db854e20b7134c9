//! What a page passes for the address of an endpoint: the parameters of its path, and its query.

use serde_json::{Value, json};

use super::{names::field, schema::Schemas};

/// The query, as far as the document describes it.
pub(super) struct Query {
    /// Its fields in braces.
    pub(super) ty: String,
    /// Whether the handshake is refused without it.
    pub(super) is_required: bool,
}

impl Query {
    /// `None` for an endpoint that reads no query, or one whose fields are not known.
    pub(super) fn new(channel: &Value, schemas: &Schemas<'_>) -> Option<Self> {
        let schema = &channel["bindings"]["ws"]["query"];
        let properties = schema["properties"].as_object().filter(|all| !all.is_empty())?;
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        let fields = properties.iter().map(|(name, schema)| {
            let mark = if required.iter().any(|one| one == name) { "" } else { "?" };
            format!("{}{mark}: {}", field(name), value(schema, schemas))
        });
        let ty = format!("{{ {} }}", fields.collect::<Vec<_>>().join("; "));
        Some(Self { ty, is_required: !required.is_empty() })
    }
}

/// The type of a value that is written into an address. There is no null in an address: the field is left out.
pub(super) fn value(schema: &Value, schemas: &Schemas<'_>) -> String {
    let schema = without_null(schema);
    match schema["type"].as_str() {
        Some("integer") if schema["enum"].is_null() => "number | bigint".to_owned(),
        _ => match schemas.type_of(&schema) {
            unknown if matches!(&*unknown, "unknown" | "never") => "string".to_owned(),
            ty => ty,
        },
    }
}

fn without_null(schema: &Value) -> Value {
    let mut schema = schema.clone();
    for (keyword, null) in
        [("type", json!("null")), ("anyOf", json!({ "type": "null" })), ("enum", Value::Null)]
    {
        let Some(all) = schema[keyword].as_array() else { continue };
        let kept: Vec<Value> = all.iter().filter(|one| **one != null).cloned().collect();
        schema[keyword] = match (keyword, kept.as_slice()) {
            ("type", [one]) => one.clone(),
            _ => kept.into(),
        };
    }
    schema
}
