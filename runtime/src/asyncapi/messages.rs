//! The messages of an endpoint, in both directions.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{
    Endpoint,
    payload::{Description, Is, Payload},
    schemas::Schemas,
};
use crate::Message;

/// All messages by their keys, and which are received and which are sent.
pub(super) struct Messages {
    pub(super) all: Map<String, Value>,
    pub(super) received: Vec<String>,
    pub(super) sent: Vec<String>,
}

/// The field of a message whose type has no schema: the name of the type.
pub(super) const WITHOUT_SCHEMA: &str = "x-sockeye-without-schema";

/// What `Json` calls its format.
const JSON: &str = "json";

/// The key of a message that shows clients that the server is there.
const HEARTBEAT: &str = "Heartbeat";

/// What is added to the key of a message that is received, if one that is sent has the same.
pub(super) const INPUT: &str = "Input";

pub(super) fn messages(
    endpoint: &Endpoint<'_>,
    description: &Description,
    schemas: &mut Schemas,
) -> Messages {
    let Description { received, sent, format, .. } = description;
    let sent_key = key(sent);
    let mut received_key = key(received);
    if received_key == sent_key {
        received_key.push_str(INPUT);
    }
    let mut all = Map::new();
    all.insert(received_key.clone(), message(received, format, |schema| schemas.received(schema)));
    all.insert(sent_key.clone(), message(sent, format, |schema| schemas.sent(schema)));
    let mut sent = vec![sent_key];
    let heartbeat = endpoint.settings.heartbeat_message.and_then(description.heartbeat);
    if let Some(heartbeat) = heartbeat {
        let key =
            if all.contains_key(HEARTBEAT) { format!("Sockeye{HEARTBEAT}") } else { HEARTBEAT.to_owned() };
        all.insert(key.clone(), heartbeat_message(&heartbeat));
        sent.push(key);
    }
    Messages { all, received: vec![received_key], sent }
}

/// The name of the type, without what a key may not have.
fn key(payload: &Payload) -> String {
    let name = match payload.is {
        Is::Described { name, .. } => name().into_owned(),
        Is::Ignored => "Anything".to_owned(),
        Is::Raw => "Message".to_owned(),
        Is::Unknown => last_segment(payload.name).to_owned(),
    };
    let fits = |one: char| one.is_ascii_alphanumeric() || matches!(one, '.' | '-' | '_');
    let key: String = name.chars().map(|one| if fits(one) { one } else { '_' }).collect();
    if key.is_empty() { "Message".to_owned() } else { key }
}

/// `Tick` of `app::feed::Tick` and of `app::feed::Tick<app::Price>`.
fn last_segment(name: &str) -> &str {
    let path = name.split('<').next().unwrap_or(name);
    path.rsplit("::").next().unwrap_or(path)
}

fn message(
    payload: &Payload,
    format: &str,
    schema: impl FnOnce(fn(&mut SchemaGenerator) -> Schema) -> Value,
) -> Value {
    let content = if format == JSON { "application/json" } else { "application/octet-stream" };
    let mut message = json!({ "contentType": content, "x-sockeye-format": format });
    message["payload"] = match payload.is {
        Is::Described { schema: of_it, .. } => schema(of_it),
        Is::Raw => json!({ "description": "Text or bytes, as the endpoint reads and writes them." }),
        Is::Ignored => json!({ "description": "Anything: it is read and ignored." }),
        Is::Unknown => {
            message[WITHOUT_SCHEMA] = payload.name.into();
            let any = if format == JSON { "Any JSON" } else { "Anything" };
            json!({ "description": format!("{any}: `{}` does not implement `schemars::JsonSchema`.", payload.name) })
        }
    };
    message
}

fn heartbeat_message(message: &Message) -> Value {
    let summary =
        "Shows that the server is there, after so much silence of the endpoint. `sockeye-client` handles it.";
    let written = message.as_text().and_then(|text| serde_json::from_str::<Value>(text).ok());
    match written {
        Some(written) => {
            json!({ "contentType": "application/json", "summary": summary, "payload": { "const": written } })
        }
        None => json!({ "contentType": "application/octet-stream", "summary": summary }),
    }
}
