//! What the binary formats of serde share.

use std::{fmt, marker::PhantomData, time::Duration};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _},
};
use serde_path_to_error::{Deserializer as Tracked, Track};

/// How deep a message may be nested. `serde_json` has the same limit.
pub(super) const DEPTH: usize = 128;

/// A type that a codec of serde reads: one that owns all that it has.
#[diagnostic::on_unimplemented(
    message = "[missing_handshake] `{Self}` cannot be read from messages: it does not implement serde's `Deserialize`",
    label = "`MessagePack<In, Out>` and `Cbor<In, Out>` read `In` and write `Out`",
    note = "help: write `#[derive(serde::Deserialize)]` on `{Self}`, and on every type of yours in it; it must own its text: `String`, not `&str`"
)]
#[cfg_attr(
    feature = "garde",
    diagnostic::on_unimplemented(
        note = "`Valid<T>` is read if `T` is, and has constraints: write `#[derive(garde::Validate)]` on it"
    )
)]
pub trait ReadBySerde: DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> ReadBySerde for T {}

/// A type that a codec of serde writes.
#[diagnostic::on_unimplemented(
    message = "[missing_handshake] `{Self}` cannot be written as messages: it does not implement serde's `Serialize`",
    label = "`MessagePack<In, Out>` and `Cbor<In, Out>` read `In` and write `Out`",
    note = "help: write `#[derive(serde::Serialize)]` on `{Self}`, and on every type of yours in it"
)]
pub trait WrittenBySerde: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> WrittenBySerde for T {}

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
pub(super) struct PathTo<T>(PhantomData<T>);

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
pub(super) fn at_field(what: impl fmt::Display, path: Option<String>) -> String {
    match path {
        // What `serde_path_to_error` calls the whole value.
        Some(path) if path != "." => format!("field `{path}`: {what}"),
        _ => what.to_string(),
    }
}
