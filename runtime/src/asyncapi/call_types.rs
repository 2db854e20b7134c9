//! The schemas of calls and their answers, as they are written.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{Answer, Call, CallId, Responder};

impl JsonSchema for CallId {
    fn schema_name() -> Cow<'static, str> {
        "CallId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "number"],
            "maxLength": 128,
            "description": "Chosen by the sender of a call; its answer has the same.",
        })
    }
}

impl JsonSchema for Responder {
    fn schema_name() -> Cow<'static, str> {
        CallId::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        CallId::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        CallId::json_schema(generator)
    }
}

impl<T: JsonSchema> JsonSchema for Call<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Call_of_{}", T::schema_name()).into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("sockeye::Call<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "allOf": [generator.subschema_for::<T>(), with_id(generator, &["id"])] })
    }
}

impl<T: JsonSchema> JsonSchema for Call<T, Option<Responder>> {
    fn schema_name() -> Cow<'static, str> {
        format!("Call_or_{}", T::schema_name()).into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("sockeye::Call<{}, Option<_>>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "allOf": [generator.subschema_for::<T>(), with_id(generator, &[])] })
    }
}

impl<T: JsonSchema> JsonSchema for Answer<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Answer_of_{}", T::schema_name()).into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("sockeye::Answer<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let id = generator.subschema_for::<CallId>();
        json_schema!({
            "description": "The answer to a call, or why it failed.",
            "anyOf": [
                { "allOf": [generator.subschema_for::<T>(), with_id(generator, &["id"])] },
                {
                    "type": "object",
                    "properties": { "id": id, "error": { "type": "string" } },
                    "required": ["id", "error"],
                },
            ],
        })
    }
}

fn with_id(generator: &mut SchemaGenerator, required: &[&str]) -> Schema {
    json_schema!({
        "type": "object",
        "properties": { "id": generator.subschema_for::<CallId>() },
        "required": required,
    })
}
