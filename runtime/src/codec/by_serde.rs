//! What the binary formats of serde share.

use std::{fmt, marker::PhantomData, time::Duration};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _},
};
use serde_path_to_error::{Deserializer as Tracked, Track};

use super::binary;
use crate::{Error, Message};

/// How deep a message may be nested. `serde_json` has the same limit.
pub(super) const DEPTH: usize = 128;

/// A binary format of serde, which a codec is made of by [`binary_codec`].
pub(super) trait BinaryFormat {
    /// As it is called in messages to people.
    const NAME: &'static str;

    /// Why a message does not fit a type.
    type Misfit;

    /// That this is one value of the format and nothing else. Before anything is reserved for it: types reserve memory for as many items
    /// as an array declares.
    fn check(bytes: &[u8]) -> Result<(), Error>;

    fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Self::Misfit>;

    fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, Error>;

    /// The words of an error that a type has made itself.
    fn words(misfit: Self::Misfit) -> Option<String>;

    /// The error in words.
    fn describe(misfit: Self::Misfit) -> String;
}

pub(super) fn decode<F: BinaryFormat, T: DeserializeOwned>(message: Message) -> Result<T, Error> {
    let bytes = binary::payload(message, F::NAME)?;
    F::check(&bytes)?;
    F::read(&bytes).map_err(|misfit| {
        let path = F::read::<PathTo<T>>(&bytes).err().and_then(F::words);
        Error::new(at_field(F::describe(misfit), path))
    })
}

pub(super) fn encode<F: BinaryFormat, T: Serialize>(value: &T) -> Result<Message, Error> {
    F::write(value).map(Message::binary)
}

/// Makes a codec of a binary format.
macro_rules! binary_codec {
    ($Codec:ident, $Format:ty, $name:literal, $content_type:literal) => {
        impl<In, Out> Codec for $Codec<In, Out>
        where
            In: ReadBySerde + Send,
            Out: WrittenBySerde + Send,
        {
            type In = In;
            type Out = Out;

            fn format() -> &'static str {
                $name
            }

            fn content_type() -> &'static str {
                $content_type
            }

            fn decode(message: Message) -> Result<In, Error> {
                by_serde::decode::<$Format, In>(message)
            }

            fn encode(value: &Out) -> Result<Message, Error> {
                by_serde::encode::<$Format, Out>(value)
            }

            fn heartbeat_message(every: std::time::Duration) -> Option<Message> {
                by_serde::encode::<$Format, _>(&Heartbeat::new(every)).ok()
            }

            fn failed_call(id: &CallId, why: &str) -> Option<Message> {
                by_serde::encode::<$Format, _>(&Failure { id, error: why }).ok()
            }
        }
    };
}

pub(super) use binary_codec;

/// The heartbeat message, with the fields that it has in JSON.
#[derive(Serialize)]
pub(super) struct Heartbeat {
    sockeye: &'static str,
    every: u64,
}

impl Heartbeat {
    pub(super) fn new(every: Duration) -> Self {
        Self { sockeye: "heartbeat", every: u64::try_from(every.as_millis()).unwrap_or(u64::MAX) }
    }
}

/// Where `T` does not fit: decoding it fails as decoding `T` does, with the path of the field as the error.
struct PathTo<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for PathTo<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut track = Track::new();
        match T::deserialize(Tracked::new(deserializer, &mut track)) {
            Ok(_) => Ok(Self(PhantomData)),
            Err(_) => Err(D::Error::custom(track.path())),
        }
    }
}

/// `what`, behind the field if one is known.
fn at_field(what: impl fmt::Display, path: Option<String>) -> String {
    match path {
        // What `serde_path_to_error` calls the whole value.
        Some(path) if path != "." => format!("field `{path}`: {what}"),
        _ => what.to_string(),
    }
}
