//! Converts messages into values and values into messages.

#[cfg(any(feature = "cbor", feature = "msgpack", feature = "protobuf"))]
mod binary;
#[cfg(any(feature = "cbor", feature = "msgpack"))]
mod by_serde;
mod by_subprotocol;
#[cfg(feature = "cbor")]
mod cbor;
mod format;
mod json;
#[cfg(feature = "msgpack")]
mod msgpack;
mod outgoing;
#[cfg(feature = "protobuf")]
mod protobuf;
mod raw;
mod serde_types;

pub use by_subprotocol::{BySubprotocol, FormatList, SubprotocolFormats};
#[cfg(feature = "cbor")]
pub use cbor::Cbor;
pub(crate) use format::About;
pub use format::{Format, Formats};
pub use json::Json;
#[cfg(feature = "msgpack")]
pub use msgpack::MessagePack;
pub use outgoing::{IntoOutgoing, Outgoing};
#[cfg(feature = "protobuf")]
pub use protobuf::Protobuf;
#[cfg(all(feature = "protobuf", feature = "garde"))]
pub(crate) use protobuf::ProtobufMessage;
pub use raw::Raw;

use crate::{CallId, Error, Message};

/// Decodes the messages that a handler receives, and encodes those that it sends.
///
/// Name it in the type of the handshake: `Handshake<MyCodec>`. Sockeye provides [`Raw`] and [`Json`], and with
/// the features `msgpack`, `cbor`, and `protobuf` also `MessagePack`, `Cbor`, and `Protobuf`. [`BySubprotocol`] chooses one for each connection.
///
/// ```
/// use sockeye::{Codec, Error, Message};
///
/// /// Decimal numbers, one a message.
/// struct Numbers;
///
/// impl Codec for Numbers {
///     type In = u64;
///     type Out = u64;
///
///     fn decode(message: Message) -> Result<u64, Error> {
///         Ok(message.as_text().ok_or_else(|| Error::new("expected text"))?.parse()?)
///     }
///
///     fn encode(value: &u64) -> Result<Message, Error> {
///         Ok(Message::text(value.to_string()))
///     }
/// }
/// # assert_eq!(Numbers::decode(Message::text("7")).unwrap(), 7);
/// ```
#[diagnostic::on_unimplemented(
    message = "[message_type] `{Self}` is not a codec: it does not define how messages are read and written",
    label = "a handshake takes a codec: `Handshake`, `Handshake<Json<In, Out>>` or your own `Codec`",
    note = "help: for JSON write `Handshake<Json<{Self}>>`"
)]
pub trait Codec: Send {
    /// The type that `recv` returns.
    type In: Send;
    /// The type that `send` accepts.
    type Out: Send;

    /// The name of the format that this codec writes. By default, the name of the codec's type.
    ///
    /// A [`Hub`](crate::Hub) encodes its events once. A socket sends them as they are if its codec has the same
    /// format, and otherwise returns an error: two codecs with the same name must write the same format.
    fn format() -> &'static str {
        std::any::type_name::<Self>()
    }

    /// The media type of the messages, RFC 6838, as documents name it. By default, `application/octet-stream`.
    fn content_type() -> &'static str {
        "application/octet-stream"
    }

    /// Decodes a message.
    ///
    /// # Errors
    /// If the message is invalid. `recv` returns the error as `invalid_message`, which closes with 1007 when
    /// the handler returns it.
    fn decode(message: Message) -> Result<Self::In, Error>;

    /// Encodes a message.
    ///
    /// # Errors
    /// If the value cannot be encoded. `send` returns the error.
    fn encode(value: &Self::Out) -> Result<Message, Error>;

    /// The message that tells a client's script that the server is alive, on an endpoint with the option `heartbeat_message`. It is sent
    /// when the connection opens, after the messages that the handler sends before its first wait, and then whenever the server has sent
    /// nothing for the interval. `None` sends nothing.
    ///
    /// The default is the JSON text `{"sockeye":"heartbeat","every":30000}`, with the number of milliseconds within which the
    /// client can expect the next message. The client module `sockeye-client` handles it. If clients could not tell it from
    /// their own messages, return a different one.
    fn heartbeat_message(every: std::time::Duration) -> Option<Message> {
        Some(Message::text(format!(r#"{{"sockeye":"heartbeat","every":{}}}"#, every.as_millis())))
    }

    /// Encodes an owned value. By default the same as [`encode`](Self::encode); implement it if ownership saves a copy.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    fn encode_owned(value: Self::Out) -> Result<Message, Error> {
        Self::encode(&value)
    }

    /// The answer to a call that the handler has dropped. `None` sends nothing.
    #[doc(hidden)]
    fn failed_call(_id: &CallId, _why: &str) -> Option<Message> {
        None
    }

    /// Whether a message can have a call or an answer in it, which the connection then looks for.
    #[doc(hidden)]
    #[inline]
    fn may_carry_calls() -> bool {
        true
    }

    /// The format of a connection with this subprotocol. `None`: it has none.
    #[doc(hidden)]
    #[inline]
    fn format_for(_subprotocol: Option<&str>) -> Option<Format<Self::In, Self::Out>> {
        Some(Format::of::<Self>())
    }

    /// All formats.
    #[doc(hidden)]
    fn formats() -> Formats {
        Formats::one(Format::of::<Self>().about)
    }
}
