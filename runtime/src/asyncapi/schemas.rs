//! The schemas of all messages, under one name each.
//!
//! serde may read a type in another form than it writes it: a field with a default is optional in what is read. So each type can have
//! two schemas. They are collected apart, and become one where they are the same.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    thread,
};

use percent_encoding::percent_decode_str;
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::payload::{Is, Payload};

const RECEIVED: &str = "#/components/received/";
const SENT: &str = "#/components/sent/";
const TOGETHER: &str = "#/components/schemas/";

/// What the thread of a schema has for its stack: as much as the main thread of most systems.
const STACK: usize = 8 << 20;

/// A schema, or a reference to it, and what its type is called.
pub(super) struct Made {
    pub(super) name: String,
    pub(super) schema: Value,
}

/// The schemas of both directions.
pub(super) struct Schemas {
    received: SchemaGenerator,
    sent: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        // AsyncAPI 3.0 has the words of draft 7.
        let settings = |path: &'static str| {
            SchemaSettings::draft07().with(|settings| {
                settings.meta_schema = None;
                settings.definitions_path = path.trim_start_matches('#').into();
            })
        };
        Self {
            received: settings(RECEIVED).for_deserialize().into_generator(),
            sent: settings(SENT).for_serialize().into_generator(),
        }
    }

    /// The schema of what is read; `None` if its type has none.
    pub(super) fn received(&mut self, payload: &Payload) -> Option<Made> {
        made(&mut self.received, payload)
    }

    /// The schema of what is written; `None` if its type has none.
    pub(super) fn sent(&mut self, payload: &Payload) -> Option<Made> {
        made(&mut self.sent, payload)
    }

    /// Gives each schema its name, here and in the document.
    pub(super) fn finish(mut self, document: &mut Value) {
        let received: BTreeMap<_, _> = self.received.take_definitions(true).into_iter().collect();
        let sent: BTreeMap<_, _> = self.sent.take_definitions(true).into_iter().collect();
        let renamed = renamed(&received, &sent);
        let name = |name: &str| renamed.get(name).cloned().unwrap_or_else(|| name.to_owned());
        let received = received.into_iter().map(|(key, schema)| (name(&key), schema));
        let all = sent.into_iter().chain(received);
        let schemas: Map<String, Value> = all.map(|(key, schema)| (key, as_object(schema))).collect();
        if !schemas.is_empty() {
            document["components"]["schemas"] = Value::Object(schemas);
        }
        // What is added needs no encoding.
        let added = |key: &str| {
            let old = decoded(key);
            name(&old).strip_prefix(&*old).unwrap_or_default().to_owned()
        };
        each_reference(document, &mut |reference| {
            if let Some(key) = reference.strip_prefix(RECEIVED) {
                *reference = format!("{TOGETHER}{key}{}", added(key));
            } else if let Some(key) = reference.strip_prefix(SENT) {
                *reference = format!("{TOGETHER}{key}");
            }
        });
    }
}

fn made(generator: &mut SchemaGenerator, payload: &Payload) -> Option<Made> {
    let Is::Described { name, schema } = payload.is else { return None };
    let (name, mut schema) = apart(generator, payload.name, |generator| (name(), schema(generator)))?;
    for transform in generator.transforms_mut() {
        transform.transform(&mut schema);
    }
    Some(Made { name: name.into_owned(), schema: as_object(schema.to_value()) })
}

/// Asks a type in a thread of its own. With `#[serde(transparent)]` on a recursive type, schemars asks without end, and no one can catch an
/// overflow of the stack: but Rust's message names the thread, and so the type. A panic ends only the thread; the type then counts as one
/// without a schema.
fn apart(
    generator: &mut SchemaGenerator,
    name: &str,
    ask: impl FnOnce(&mut SchemaGenerator) -> (Cow<'static, str>, Schema) + Copy + Send,
) -> Option<(Cow<'static, str>, Schema)> {
    let complete: BTreeSet<String> = generator.definitions().keys().cloned().collect();
    let thread = thread::Builder::new().name(thread_name(name)).stack_size(STACK);
    let joined = thread::scope(|scope| {
        let generator = &mut *generator;
        Some(thread.spawn_scoped(scope, move || ask(generator)).ok()?.join())
    });
    match joined {
        // There is no thread to be had.
        None => Some(ask(generator)),
        Some(Ok(asked)) => Some(asked),
        Some(Err(_)) => {
            generator.definitions_mut().retain(|name, _| complete.contains(name));
            None
        }
    }
}

/// `cargo sockeye` looks for the beginning.
fn thread_name(name: &str) -> String {
    format!("schema of `{name}`, endless if it is `#[serde(transparent)]` and contains itself")
}

/// AsyncAPI knows `true` and `false` as parts of a schema only.
fn as_object(schema: Value) -> Value {
    match schema {
        Value::Bool(true) => json!({ "description": "Any JSON." }),
        Value::Bool(false) => json!({ "not": {} }),
        schema => schema,
    }
}

/// New names for those schemas of what is read that differ from the schemas of the same name of what is written.
fn renamed(received: &BTreeMap<String, Value>, sent: &BTreeMap<String, Value>) -> BTreeMap<String, String> {
    let mut differing: BTreeSet<&str> = BTreeSet::new();
    // What refers to a schema that differs does so too.
    loop {
        let more: Vec<&str> = received
            .iter()
            .filter(|(name, schema)| {
                let other = sent.get(*name);
                !differing.contains(name.as_str())
                    && other.is_some_and(|other| {
                        let (schema, names) = neutral(schema);
                        schema != neutral(other).0 || names.iter().any(|name| differing.contains(&**name))
                    })
            })
            .map(|(name, _)| name.as_str())
            .collect();
        if more.is_empty() {
            break;
        }
        differing.extend(more);
    }
    let is_taken = |name: &String| received.contains_key(name) || sent.contains_key(name);
    let new = |name: &str| {
        let numbers = (1..).map(|number| if number == 1 { String::new() } else { number.to_string() });
        numbers.map(|number| format!("{name}Input{number}")).find(|name| !is_taken(name))
    };
    differing.into_iter().filter_map(|name| Some((name.to_owned(), new(name)?))).collect()
}

/// The schema with references that do not tell the direction, and the names in them.
fn neutral(schema: &Value) -> (Value, Vec<String>) {
    let (mut schema, mut names) = (schema.clone(), Vec::new());
    each_reference(&mut schema, &mut |reference| {
        let name = reference.strip_prefix(RECEIVED).or_else(|| reference.strip_prefix(SENT));
        if let Some(name) = name.map(decoded) {
            reference.clone_from(&name);
            names.push(name);
        }
    });
    (schema, names)
}

/// The name of a schema, from a reference: a JSON pointer in a URI.
fn decoded(pointer: &str) -> String {
    percent_decode_str(pointer).decode_utf8_lossy().replace("~1", "/").replace("~0", "~")
}

fn each_reference(value: &mut Value, change: &mut impl FnMut(&mut String)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(reference) if name == "$ref" => change(reference),
                    _ => each_reference(field, change),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|one| each_reference(one, change)),
        _ => {}
    }
}
