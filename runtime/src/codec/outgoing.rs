use bytes::Bytes;

use super::Codec;
use crate::{Error, Message, Utf8Bytes};

/// What `send` accepts: a value, a reference to one, or an [`Event`](crate::Event) of a hub, which is already
/// encoded.
///
/// It is made with `into()`; callers write `socket.send(value)` or `socket.send(&value)`, and with `Raw` also
/// `socket.send("text")`.
#[derive(Debug)]
pub struct Outgoing<'a, T>(Content<'a, T>);

#[derive(Debug)]
enum Content<'a, T> {
    Owned(T),
    Borrowed(&'a T),
    /// Written before, in this format.
    Encoded(Message, &'static str),
}

impl<T> Outgoing<'_, T> {
    pub(crate) fn encode<C: Codec<Out = T>>(self) -> Result<Message, Error> {
        match self.0 {
            Content::Owned(value) => C::encode_owned(value),
            Content::Borrowed(value) => C::encode(value),
            Content::Encoded(message, format) if format == C::format() => Ok(message),
            Content::Encoded(_, format) => Err(Error::new(format_args!(
                "the hub writes its events as `{format}` and this socket sends `{}`: make the hub with \
                 `Hub::encoded_by` and the socket's codec, or send `event.into_message()` on a `Raw` socket",
                C::format()
            ))),
        }
    }

    /// A message that is encoded already.
    pub(crate) fn encoded(message: Message, format: &'static str) -> Self {
        Self(Content::Encoded(message, format))
    }
}

impl<T> From<T> for Outgoing<'_, T> {
    fn from(value: T) -> Self {
        Self(Content::Owned(value))
    }
}

impl<'a, T> From<&'a T> for Outgoing<'a, T> {
    fn from(value: &'a T) -> Self {
        Self(Content::Borrowed(value))
    }
}

/// Text and bytes need no wrapping where messages are sent as they are.
macro_rules! from_payload {
    ($($Payload:ty),*) => {
        $(
            impl From<$Payload> for Outgoing<'_, Message> {
                fn from(payload: $Payload) -> Self {
                    Self(Content::Owned(payload.into()))
                }
            }
        )*
    };
}

from_payload!(&str, String, Utf8Bytes, Bytes, Vec<u8>);
