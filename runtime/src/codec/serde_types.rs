//! The types that the codecs of serde read and write.

use serde::{Serialize, de::DeserializeOwned};

/// A type that a codec of serde reads: one that owns all that it has.
#[cfg_attr(
    not(feature = "garde"),
    diagnostic::on_unimplemented(
        message = "[message_type] `{Self}` cannot be read from messages: it does not implement serde's `Deserialize`"
    )
)]
#[cfg_attr(
    feature = "garde",
    diagnostic::on_unimplemented(
        message = "[message_type] `{Self}` cannot be read from messages: it does not implement serde's `Deserialize`, or it is a `Valid` of a type that does not implement `garde::Validate`"
    )
)]
#[diagnostic::on_unimplemented(
    label = "a codec of serde, such as `Json<In, Out>`, reads `In` and writes `Out`",
    note = "help: write `#[derive(serde::Deserialize)]`, or `#[derive(serde::Serialize, serde::Deserialize)]` for what is also sent, on `{Self}` or on your types in it; it must own its text: `String`, not `&str`"
)]
#[cfg_attr(
    feature = "garde",
    diagnostic::on_unimplemented(
        note = "help: for `Valid<T>`, write `#[derive(garde::Validate)]` on `T`, and in it `#[garde(..)]` on each field, `#[garde(skip)]` on those without a constraint; a context must have a default"
    )
)]
pub trait ReadBySerde: DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> ReadBySerde for T {}

/// A type that a codec of serde writes.
#[diagnostic::on_unimplemented(
    message = "[message_type] `{Self}` cannot be written as messages: it does not implement serde's `Serialize`",
    label = "a codec of serde, such as `Json<In, Out>`, reads `In` and writes `Out`",
    note = "help: write `#[derive(serde::Serialize)]` on `{Self}`, or on your types in it"
)]
pub trait WrittenBySerde: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> WrittenBySerde for T {}
