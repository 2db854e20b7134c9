//! What the binary codecs share.

use bytes::Bytes;

use crate::{Error, Message};

/// The payload of a binary message; a text message is a mistake of the client.
pub(super) fn payload(message: Message, format: &str) -> Result<Bytes, Error> {
    match message {
        Message::Binary(bytes) => Ok(bytes),
        Message::Text(_) => Err(Error::text_instead_of_bytes(format_args!(
            "messages are {format}, which is binary: a script sends it as a `Uint8Array`"
        ))),
    }
}
