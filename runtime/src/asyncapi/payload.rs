//! What is known of the type of a message. A type need not have a schema: of two methods of one name, the one that takes its receiver by
//! value is found first, if the type has it.

use std::{any::TypeId, borrow::Cow, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::IgnoredAny;

use crate::{
    Message,
    codec::{Codec, Formats},
    endpoint::{First, FirstParameter},
};

/// What an endpoint says about itself.
#[derive(Debug, Clone)]
pub struct Description {
    /// The lines of the doc comment, as they are written.
    pub(super) docs: &'static str,
    pub(super) formats: Formats,
    pub(super) received: Payload,
    pub(super) sent: Payload,
    /// What parameters read from the query.
    pub(super) queries: Vec<Payload>,
}

impl Description {
    /// With what another parameter reads from the query, if it does.
    #[must_use]
    pub fn and_query(mut self, query: Option<Payload>) -> Self {
        self.queries.extend(query);
        self
    }
}

/// What is known of an endpoint but for its messages, whose types are `In` and `Out`.
#[derive(Debug)]
pub struct Describing<In, Out> {
    docs: &'static str,
    formats: fn() -> Formats,
    messages: PhantomData<fn(In) -> Out>,
}

/// A first parameter that is one, with its codec.
pub trait CodecOfFirst<In, Out> {
    /// By value, so that it is found before the other.
    fn described(self, docs: &'static str) -> Describing<In, Out>;
}

impl<H: FirstParameter> CodecOfFirst<<H::Codec as Codec>::In, <H::Codec as Codec>::Out> for First<H> {
    fn described(self, docs: &'static str) -> Describing<<H::Codec as Codec>::In, <H::Codec as Codec>::Out> {
        Describing { docs, formats: H::Codec::formats, messages: PhantomData }
    }
}

/// Any first parameter: where one is none, its proof says so, and nothing here says it again.
pub trait AnyFirst {
    /// Nothing.
    fn described(&self, docs: &'static str) -> Describing<(), ()>;
}

impl<H> AnyFirst for First<H> {
    fn described(&self, docs: &'static str) -> Describing<(), ()> {
        Describing { docs, formats: || Formats::NONE, messages: PhantomData }
    }
}

impl<In, Out> Describing<In, Out> {
    /// What the endpoint receives.
    pub fn received(&self) -> PayloadType<In> {
        PayloadType(PhantomData)
    }

    /// What the endpoint sends.
    pub fn sent(&self) -> PayloadType<Out> {
        PayloadType(PhantomData)
    }

    /// With what is known of the messages.
    pub fn with(self, received: Payload, sent: Payload) -> Description {
        Description { docs: self.docs, formats: (self.formats)(), received, sent, queries: Vec::new() }
    }
}

/// The type of a message.
#[derive(Debug)]
pub struct PayloadType<T>(PhantomData<fn() -> T>);

/// A type of messages, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Payload {
    /// The full name of the type.
    pub(super) name: &'static str,
    pub(super) is: Is,
}

/// What is known of a type.
#[derive(Debug, Clone, Copy)]
pub(super) enum Is {
    /// Text or bytes as they are.
    Raw,
    /// Whatever is sent is read and ignored.
    Ignored,
    /// A type with a schema.
    Described { name: fn() -> Cow<'static, str>, schema: fn(&mut SchemaGenerator) -> Schema },
    /// A type that does not implement `JsonSchema`.
    Unknown,
}

/// Every type whose schema is known.
pub trait SchemaPayload {
    /// By value, so that it is found before the other.
    fn payload(self) -> Payload;
}

impl<T: JsonSchema + 'static> SchemaPayload for PayloadType<T> {
    fn payload(self) -> Payload {
        let is = Is::Described { name: T::schema_name, schema: SchemaGenerator::subschema_for::<T> };
        Payload { name: std::any::type_name::<T>(), is }
    }
}

/// Every type.
pub trait AnyPayload {
    /// What is known without a schema.
    fn payload(&self) -> Payload;
}

impl<T: 'static> AnyPayload for PayloadType<T> {
    fn payload(&self) -> Payload {
        let id = TypeId::of::<T>();
        let is = if id == TypeId::of::<Message>() {
            Is::Raw
        } else if id == TypeId::of::<IgnoredAny>() {
            Is::Ignored
        } else {
            Is::Unknown
        };
        Payload { name: std::any::type_name::<T>(), is }
    }
}
