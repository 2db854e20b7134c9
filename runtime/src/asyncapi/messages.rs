//! The messages of an endpoint, in both directions.

use serde_json::{Map, Value, json};

use super::{
    Endpoint,
    payload::{Description, Is, Payload},
    schemas::{Made, Schemas},
};
use crate::{Message, codec::About};

/// All messages by their keys, and which are received and which are sent.
pub(super) struct Messages {
    pub(super) all: Map<String, Value>,
    pub(super) received: Vec<String>,
    pub(super) sent: Vec<String>,
}

/// The field of a message whose type has no schema: the name of the type.
pub(super) const WITHOUT_SCHEMA: &str = "x-sockeye-without-schema";

/// The field of a message that is written as the subprotocol says: the format of each subprotocol.
const BY_SUBPROTOCOL: &str = "x-sockeye-formats";

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
    let Description { received, sent, .. } = description;
    let (mut received_key, received) = message(received, description, schemas.received(received));
    let (sent_key, sent) = message(sent, description, schemas.sent(sent));
    if received_key == sent_key {
        received_key.push_str(INPUT);
    }
    let mut all = Map::new();
    all.insert(received_key.clone(), received);
    all.insert(sent_key.clone(), sent);
    let mut sent = vec![sent_key];
    let interval = endpoint.settings.heartbeat_message;
    let heartbeat = description
        .formats
        .first()
        .and_then(|format| Some((interval.and_then(format.heartbeat_message)?, (format.content_type)())));
    if let Some((heartbeat, content_type)) = heartbeat {
        let key =
            if all.contains_key(HEARTBEAT) { format!("Sockeye{HEARTBEAT}") } else { HEARTBEAT.to_owned() };
        all.insert(key.clone(), heartbeat_message(&heartbeat, content_type));
        sent.push(key);
    }
    Messages { all, received: vec![received_key], sent }
}

/// The name of the type, without what a key may not have.
fn key(payload: &Payload, made: Option<&Made>) -> String {
    let name = match (payload.is, made) {
        (_, Some(made)) => &made.name,
        (Is::Ignored, _) => "Anything",
        (Is::Raw, _) => "Message",
        (Is::Described { .. } | Is::Unknown, _) => last_segment(payload.name),
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

/// The message with its key.
fn message(payload: &Payload, description: &Description, made: Option<Made>) -> (String, Value) {
    let key = key(payload, made.as_ref());
    let formats = &description.formats;
    let (format, content_type) =
        formats.first().map_or(("", ""), |first| ((first.name)(), (first.content_type)()));
    let mut message = json!({ "contentType": content_type, "x-sockeye-format": format });
    if let Some(listed) = &formats.by_subprotocol {
        message[BY_SUBPROTOCOL] = listed.iter().map(|(name, about)| by_subprotocol(name, *about)).collect();
    }
    let mut without_schema = |why: &str| {
        message[WITHOUT_SCHEMA] = payload.name.into();
        let any = if format == JSON { "Any JSON" } else { "Anything" };
        json!({ "description": format!("{any}: `{}` {why}.", payload.name) })
    };
    let schema = match (payload.is, made) {
        (_, Some(made)) => made.schema,
        (Is::Raw, _) => json!({ "description": "Text or bytes, as the endpoint reads and writes them." }),
        (Is::Ignored, _) => json!({ "description": "Anything: it is read and ignored." }),
        (Is::Described { .. }, _) => without_schema("panics when it is asked for its schema"),
        (Is::Unknown, _) => without_schema("does not implement `schemars::JsonSchema`"),
    };
    message["payload"] = schema;
    (key, message)
}

/// A format with the subprotocol that selects it.
fn by_subprotocol(name: &str, about: About) -> Value {
    json!({ "subprotocol": name, "contentType": (about.content_type)(), "x-sockeye-format": (about.name)() })
}

fn heartbeat_message(message: &Message, content_type: &str) -> Value {
    let summary =
        "Shows that the server is there, after so much silence of the endpoint. `sockeye-client` handles it.";
    let written = message.as_text().and_then(|text| serde_json::from_str::<Value>(text).ok());
    match written {
        Some(written) => {
            json!({ "contentType": "application/json", "summary": summary, "payload": { "const": written } })
        }
        None => json!({ "contentType": content_type, "summary": summary }),
    }
}
