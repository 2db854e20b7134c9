//! The query of a handshake, as far as a parameter `Query<T>` reads it. The type of a parameter is told apart as in
//! `endpoint/param.rs`; whether its `T` has a schema, as in `payload.rs`.

use std::marker::PhantomData;

use axum::extract::Query;
use schemars::JsonSchema;
use serde_json::{Value, json};

use super::{
    messages::WITHOUT_SCHEMA,
    payload::{Is, Payload},
    schemas::Schemas,
};

/// The type of a parameter.
#[derive(Debug)]
pub struct ParameterType<P>(PhantomData<fn() -> P>);

impl<P> ParameterType<P> {
    /// The parameter.
    pub const NEW: Self = Self(PhantomData);
}

/// A query whose schema is known.
pub trait SchemaQuery {
    /// By value, so that it is found before the others.
    fn query(self) -> Option<Payload>;
}

impl<T: JsonSchema> SchemaQuery for ParameterType<Query<T>> {
    fn query(self) -> Option<Payload> {
        Some(described::<T>())
    }
}

impl<T: JsonSchema, E> SchemaQuery for ParameterType<Result<Query<T>, E>> {
    fn query(self) -> Option<Payload> {
        Some(described::<T>())
    }
}

impl<T> ParameterType<Query<T>> {
    /// A query whose schema is not known.
    pub fn query(&self) -> Option<Payload> {
        Some(undescribed::<T>())
    }
}

impl<T, E> ParameterType<Result<Query<T>, E>> {
    /// A query whose schema is not known.
    pub fn query(&self) -> Option<Payload> {
        Some(undescribed::<T>())
    }
}

/// Any parameter.
pub trait AnyQuery {
    /// None.
    fn query(&self) -> Option<Payload>;
}

impl<P> AnyQuery for ParameterType<P> {
    fn query(&self) -> Option<Payload> {
        None
    }
}

/// The schema itself and no reference to it: the binding of AsyncAPI asks for an object with properties.
fn described<T: JsonSchema>() -> Payload {
    Payload {
        name: std::any::type_name::<T>(),
        is: Is::Described { name: T::schema_name, schema: T::json_schema },
    }
}

fn undescribed<T>() -> Payload {
    Payload { name: std::any::type_name::<T>(), is: Is::Unknown }
}

/// The schema of what is read from the query. `None` if it is no object, such as a list of pairs: AsyncAPI has no words for that.
pub(super) fn query(read: &Payload, schemas: &mut Schemas) -> Option<Value> {
    let Some(made) = schemas.received(read) else {
        let description =
            format!("The fields of `{}`, which does not implement `schemars::JsonSchema`.", read.name);
        return Some(
            json!({ "type": "object", "properties": {}, "description": description, WITHOUT_SCHEMA: read.name }),
        );
    };
    let mut schema = made.schema;
    if schema.get("type").is_some_and(|name| name != "object") {
        return None;
    }
    schema["type"] = "object".into();
    if schema.get("properties").is_none() {
        schema["properties"] = json!({});
    }
    Some(schema)
}
