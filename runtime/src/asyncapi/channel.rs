//! One endpoint as a channel, and as the operations on it.

use serde_json::{Map, Value, json};
use sockeye_rules::route::{Part, parts};

use super::{
    Endpoint, endings,
    messages::{Messages, messages},
    payload::Description,
    query::query,
    schemas::Schemas,
};
use crate::{codec::Formats, endpoint::Requirement, path_shape::Kind, report, route::names};

/// The channel of an endpoint and its operations, by their names.
pub(super) fn channel(
    endpoint: &Endpoint<'_>,
    id: &str,
    schemas: &mut Schemas,
) -> (Value, Map<String, Value>) {
    let description = (endpoint.registered.describe)();
    let messages = messages(endpoint, &description, schemas);
    let operations = operations(id, &messages);
    let docs = documentation(description.docs);
    let mut channel = json!({
        "address": address(&endpoint.settings.outer_route(endpoint.registered)),
        "messages": messages.all,
        "bindings": { "ws": binding(endpoint, &description.formats, queries(&description, schemas)) },
        "x-sockeye": details(endpoint),
    });
    if let Some(summary) = summary(&docs) {
        channel["summary"] = summary.into();
        channel["description"] = docs.into();
    }
    let parameters = parameters(endpoint);
    if !parameters.is_empty() {
        channel["parameters"] = Value::Object(parameters);
    }
    (channel, operations)
}

/// A doc comment without the space that follows `///`.
fn documentation(written: &str) -> String {
    let lines: Vec<&str> =
        written.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    lines.join("\n").trim().to_owned()
}

/// The first paragraph, in one line.
fn summary(docs: &str) -> Option<String> {
    let first = docs.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = first.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The route as AsyncAPI writes one: it knows nothing of a rest, nor of doubled braces.
fn address(route: &str) -> String {
    let each = parts(route).into_iter().map(|part| match part {
        Part::Text(text) | Part::Brace(text) => text.to_owned(),
        Part::Param(name) | Part::CatchAll(name) => format!("{{{name}}}"),
    });
    each.collect()
}

fn parameters(endpoint: &Endpoint<'_>) -> Map<String, Value> {
    let route = &endpoint.settings.outer_route(endpoint.registered);
    let names = names(route);
    let shapes = endpoint.requirements.iter().filter_map(|one| match one.requirement {
        Requirement::Path { shape, .. } => Some(shape(&names)),
        _ => None,
    });
    let kinds: Vec<(String, Kind)> = shapes.flat_map(|shape| shape.kinds).collect();
    let rest =
        |name: &str| parts(route).iter().any(|part| matches!(part, Part::CatchAll(one) if *one == name));
    let each = names.iter().map(|name| {
        let kind = kinds.iter().find(|(one, _)| one == name).map_or(Kind::Text, |(_, kind)| *kind);
        ((*name).to_owned(), parameter(kind, rest(name)))
    });
    each.collect()
}

/// A parameter of AsyncAPI is text, and has no schema: what it is read as is our extension.
fn parameter(kind: Kind, is_rest: bool) -> Value {
    let mut parameter = match kind {
        Kind::Text => json!({ "x-sockeye-schema": { "type": "string" } }),
        Kind::Boolean => {
            json!({ "enum": ["false", "true"], "x-sockeye-schema": { "type": "boolean" } })
        }
        Kind::Integer(format) => {
            json!({ "description": format!("An integer ({format})."), "x-sockeye-schema": { "type": "integer", "format": format } })
        }
        Kind::Number(format) => {
            json!({ "description": format!("A number ({format})."), "x-sockeye-schema": { "type": "number", "format": format } })
        }
        Kind::OneOf(words) => {
            json!({ "enum": words, "x-sockeye-schema": { "type": "string", "enum": words } })
        }
    };
    if is_rest {
        parameter["description"] = "The rest of the path: it can contain `/`.".into();
    }
    parameter
}

/// What the parameters read from the query: several of them read all of it.
fn queries(description: &Description, schemas: &mut Schemas) -> Option<Value> {
    let mut all: Vec<Value> = description.queries.iter().filter_map(|one| query(one, schemas)).collect();
    if all.len() > 1 {
        return Some(json!({ "type": "object", "properties": {}, "allOf": all }));
    }
    all.pop()
}

/// What a client sends in its handshake.
fn binding(endpoint: &Endpoint<'_>, formats: &Formats, query: Option<Value>) -> Value {
    let mut headers = Map::new();
    let origins = &endpoint.settings.origins;
    if !origins.is_any() {
        let mut origin =
            json!({ "type": "string", "description": format!("Of a browser's page: {origins}.") });
        let exact = origins.listed().filter(|list| !list.iter().any(|entry| entry.contains('*')));
        if let Some(list) = exact {
            origin["enum"] = json!(list);
        }
        headers.insert("Origin".to_owned(), origin);
    }
    let subprotocols = endpoint.registered.options.subprotocols;
    if !subprotocols.is_empty() {
        let or_none = if formats.without.is_some() { ", or no header" } else { "" };
        let description = format!("At least one of these{or_none}: {}.", subprotocols.join(", "));
        headers.insert(
            "Sec-WebSocket-Protocol".to_owned(),
            json!({ "type": "string", "description": description }),
        );
    }
    let mut binding = json!({ "method": "GET", "bindingVersion": "0.1.0" });
    if let Some(query) = query {
        binding["query"] = query;
    }
    if !headers.is_empty() {
        binding["headers"] = json!({ "type": "object", "properties": headers });
        if formats.without.is_none() {
            binding["headers"]["required"] = json!(["Sec-WebSocket-Protocol"]);
        }
    }
    binding
}

/// What AsyncAPI has no words for. Times are in seconds, sizes in bytes.
fn details(endpoint: &Endpoint<'_>) -> Value {
    let registered = endpoint.registered;
    json!({
        "handler": registered.name,
        "route": registered.route,
        "guarded": registered.options.guarded,
        "subprotocols": registered.options.subprotocols,
        "settings": report::settings(endpoint.settings),
        "refusals": endings::refusals(endpoint),
        "closes": endings::closes(endpoint),
    })
}

fn operations(id: &str, messages: &Messages) -> Map<String, Value> {
    let operation = |action: &str, keys: &[String]| {
        let refer = |key: &String| json!({ "$ref": format!("#/channels/{id}/messages/{key}") });
        json!({
            "action": action,
            "channel": { "$ref": format!("#/channels/{id}") },
            "messages": keys.iter().map(refer).collect::<Vec<_>>(),
        })
    };
    let both = [("receive", &messages.received), ("send", &messages.sent)];
    both.into_iter().map(|(action, keys)| (format!("{id}.{action}"), operation(action, keys))).collect()
}
