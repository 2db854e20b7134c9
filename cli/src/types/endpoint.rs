//! One endpoint: its messages as types, and how its address is made.

use serde_json::Value;
use sockeye_rules::route::{Part, parts};

use super::{
    address::{Query, value},
    names::{field, text},
    schema::{Schemas, comment},
};

/// An endpoint as the module shows it.
pub(super) struct Endpoint {
    pub(super) name: String,
    pub(super) docs: String,
    /// The fields of the first parameter, each with its type; empty for a route without parameters.
    parameters: Vec<(String, String)>,
    pub(super) query: Option<Query>,
    /// The address as a template of JavaScript.
    pub(super) address: String,
    /// What the page receives and sends.
    pub(super) received: String,
    pub(super) sent: String,
    pub(super) format: Format,
    pub(super) subprotocols: Vec<String>,
    /// Whether events may come with their positions, and whether messages may be for the client module.
    pub(super) resumes: bool,
    pub(super) has_signals: bool,
}

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    /// Text or bytes as they are.
    Raw,
    /// A codec that the page has to have, too.
    Other,
}

impl Endpoint {
    pub(super) fn new(document: &Value, id: &str, name: String, schemas: &Schemas<'_>) -> Self {
        let channel = &document["channels"][id];
        // What the server sends, the page receives.
        let (sent, received) = (message(document, id, "receive"), message(document, id, "send"));
        let subprotocols = Subprotocols::new(channel, received);
        let format = match subprotocols.format {
            Some("json") => Format::Json,
            Some("raw") => Format::Raw,
            _ => Format::Other,
        };
        let payload = &received["payload"];
        let is_json = format == Format::Json;
        Self {
            name,
            docs: comment(channel["description"].as_str(), 0),
            parameters: parameters(channel, schemas),
            query: Query::new(channel, schemas),
            address: address(channel),
            received: type_of(format, payload, "string | ArrayBuffer", schemas),
            sent: type_of(
                format,
                &sent["payload"],
                "string | ArrayBufferLike | Blob | ArrayBufferView",
                schemas,
            ),
            format,
            subprotocols: subprotocols.offered.into_iter().map(text).collect(),
            resumes: is_json && schemas.mentions(payload, "position") && schemas.mentions(payload, "event"),
            has_signals: is_json && schemas.mentions(payload, "sockeye"),
        }
    }

    /// `parameters: { id: number | bigint }, `, or nothing.
    pub(super) fn parameters(&self) -> String {
        if self.parameters.is_empty() {
            return String::new();
        }
        let fields: Vec<String> =
            self.parameters.iter().map(|(name, ty)| format!("{}: {ty}", field(name))).collect();
        format!("parameters: {{ {} }}, ", fields.join("; "))
    }

    pub(super) fn has_parameters(&self) -> bool {
        !self.parameters.is_empty()
    }
}

/// What a page offers, and the format that it then has.
struct Subprotocols<'a> {
    offered: Vec<&'a str>,
    format: Option<&'a str>,
}

impl<'a> Subprotocols<'a> {
    /// Where the subprotocol chooses the format, a page offers those of JSON, if there are any: JSON needs no codec of the page's own.
    fn new(channel: &'a Value, received: &'a Value) -> Self {
        let all = channel["x-sockeye"]["subprotocols"].as_array().into_iter().flatten();
        let all: Vec<&str> = all.filter_map(Value::as_str).collect();
        let by_format = received["x-sockeye-formats"].as_array().into_iter().flatten();
        let json: Vec<&str> = by_format
            .filter(|one| one["x-sockeye-format"] == "json")
            .filter_map(|one| one["subprotocol"].as_str())
            .collect();
        if !json.is_empty() {
            return Self {
                offered: all.into_iter().filter(|name| json.contains(name)).collect(),
                format: Some("json"),
            };
        }
        Self { offered: all, format: received["x-sockeye-format"].as_str() }
    }
}

/// The first message of an operation: what comes behind it is Sockeye's own.
fn message<'a>(document: &'a Value, id: &str, action: &str) -> &'a Value {
    let reference = document["operations"][format!("{id}.{action}")]["messages"][0]["$ref"].as_str();
    reference.and_then(|reference| document.pointer(reference.strip_prefix('#')?)).unwrap_or(&Value::Null)
}

fn type_of(format: Format, payload: &Value, raw: &str, schemas: &Schemas<'_>) -> String {
    if format == Format::Raw { raw.to_owned() } else { schemas.type_of(payload) }
}

fn parameters(channel: &Value, schemas: &Schemas<'_>) -> Vec<(String, String)> {
    let of = |name: &str| value(&channel["parameters"][name]["x-sockeye-schema"], schemas);
    let route = channel["x-sockeye"]["route"].as_str().unwrap_or_default();
    let names = parts(route).into_iter().filter_map(|part| match part {
        Part::Param(name) | Part::CatchAll(name) => Some(name),
        Part::Text(_) | Part::Brace(_) => None,
    });
    names.map(|name| (name.to_owned(), of(name))).collect()
}

/// A template, in which values cannot change the rest of the path.
fn address(channel: &Value) -> String {
    let route = channel["x-sockeye"]["route"].as_str().unwrap_or_default();
    let each = parts(route).into_iter().map(|part| match part {
        Part::Text(text) | Part::Brace(text) => {
            text.replace('\\', "\\\\").replace('`', "\\`").replace("${", "\\${")
        }
        Part::Param(name) => format!("${{encodeURIComponent(String({}))}}", member(name)),
        Part::CatchAll(name) => {
            format!("${{{}.split(\"/\").map(encodeURIComponent).join(\"/\")}}", member(name))
        }
    });
    format!("`{}`", each.collect::<String>())
}

fn member(name: &str) -> String {
    let field = field(name);
    if field == name { format!("parameters.{name}") } else { format!("parameters[{field}]") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn offered(message: &Value) -> (Vec<String>, Option<String>) {
        let channel = json!({ "x-sockeye": { "subprotocols": ["c", "b", "a"] } });
        let Subprotocols { offered, format } = Subprotocols::new(&channel, message);
        (offered.into_iter().map(str::to_owned).collect(), format.map(str::to_owned))
    }

    #[test]
    fn a_page_offers_the_subprotocols_of_json_if_they_choose_the_format() {
        let format = |name: &str, format: &str| json!({ "subprotocol": name, "x-sockeye-format": format });
        let several = [format("a", "json"), format("b", "cbor"), format("c", "json")];
        let message = json!({ "x-sockeye-format": "cbor", "x-sockeye-formats": several });
        assert_eq!(offered(&message), (vec!["c".to_owned(), "a".to_owned()], Some("json".to_owned())));

        let all = vec!["c".to_owned(), "b".to_owned(), "a".to_owned()];
        let binary = json!({ "x-sockeye-format": "cbor", "x-sockeye-formats": [format("a", "cbor")] });
        assert_eq!(offered(&binary), (all.clone(), Some("cbor".to_owned())));
        assert_eq!(offered(&json!({ "x-sockeye-format": "json" })), (all, Some("json".to_owned())));
    }
}
