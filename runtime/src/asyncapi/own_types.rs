//! The schemas of Sockeye's own types of messages, as they are written.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{Gap, Member, Position, Positioned, PresenceChange};

impl JsonSchema for Position {
    fn schema_name() -> Cow<'static, str> {
        "Position".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A place between two events. Clients send it back as it is." })
    }
}

impl JsonSchema for Gap {
    fn schema_name() -> Cow<'static, str> {
        "Gap".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "Events are gone. `sockeye-client` makes an event `gap` of it.",
            "properties": {
                "sockeye": { "const": "gap" },
                "missed": { "type": ["integer", "null"], "format": "uint64", "minimum": 0, "description": "How many, if that is known." },
                "position": generator.subschema_for::<Position>(),
            },
            "required": ["sockeye", "missed"],
        })
    }
}

impl<T: JsonSchema> JsonSchema for Positioned<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Positioned_of_{}", T::schema_name()).into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("sockeye::Positioned<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An event with its position, or a gap.",
            "anyOf": [
                {
                    "type": "object",
                    "properties": {
                        "position": generator.subschema_for::<Position>(),
                        "missed": { "type": "integer", "format": "uint64", "minimum": 1, "description": "How many events before this one are gone." },
                        "event": generator.subschema_for::<T>(),
                    },
                    "required": ["position", "event"],
                },
                generator.subschema_for::<Gap>(),
            ],
        })
    }
}

impl JsonSchema for Member {
    fn schema_name() -> Cow<'static, str> {
        "Member".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "Someone who is present.",
            "properties": {
                "key": { "type": "string" },
                "meta": { "description": "What the member is described by." },
                "connections": { "type": "integer", "format": "uint32", "minimum": 0, "description": "0 if it has left." },
            },
            "required": ["key", "meta", "connections"],
        })
    }
}

impl JsonSchema for PresenceChange {
    fn schema_name() -> Cow<'static, str> {
        "PresenceChange".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let member = generator.subschema_for::<Member>();
        json_schema!({
            "description": "Everyone who is present, or who has joined, changed, or left since.",
            "anyOf": [
                {
                    "type": "object",
                    "properties": { "presence": { "const": "members" }, "members": { "type": "array", "items": member } },
                    "required": ["presence", "members"],
                },
                {
                    "type": "object",
                    "properties": { "presence": { "enum": ["joined", "updated", "left"] }, "member": member },
                    "required": ["presence", "member"],
                },
            ],
        })
    }
}

#[cfg(feature = "log-stream")]
mod log {
    use super::{Cow, JsonSchema, Schema, SchemaGenerator, json_schema};
    use crate::{LogFilter, LogRecord, SpanRecord};

    const LEVELS: [&str; 5] = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];

    impl JsonSchema for LogFilter {
        fn schema_name() -> Cow<'static, str> {
            "LogFilter".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "type": "object",
                "description": "Which records of the program's log a client wants.",
                "properties": {
                    "level": {
                        "enum": LEVELS,
                        "default": "INFO",
                        "description": "Records of this level, and of more important ones.",
                    },
                    "target": { "type": "string", "default": "", "description": "The beginning of the target; empty for all." },
                },
                "additionalProperties": false,
            })
        }
    }

    impl JsonSchema for LogRecord {
        fn schema_name() -> Cow<'static, str> {
            "LogRecord".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "type": "object",
                "description": "One event of the program's log.",
                "properties": {
                    "time": { "type": "integer", "format": "uint64", "minimum": 0, "description": "Milliseconds since the beginning of 1970 (UTC)." },
                    "level": { "enum": LEVELS },
                    "target": { "type": "string", "description": "The path of the module, unless the event sets another target." },
                    "message": { "type": "string" },
                    "fields": { "type": "object", "additionalProperties": true, "description": "The event's other fields." },
                    "spans": {
                        "type": "array",
                        "items": generator.subschema_for::<SpanRecord>(),
                        "description": "The spans that it happened in, from the outermost to the innermost.",
                    },
                },
                "required": ["time", "level", "target", "message", "fields", "spans"],
            })
        }
    }

    impl JsonSchema for SpanRecord {
        fn schema_name() -> Cow<'static, str> {
            "SpanRecord".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "type": "object",
                "description": "A span that an event happened in.",
                "properties": {
                    "name": { "type": "string" },
                    "fields": { "type": "object", "additionalProperties": true },
                },
                "required": ["name", "fields"],
            })
        }
    }
}
