//! How messages become values and values messages.

mod json;
mod outgoing;
mod raw;

pub use json::Json;
pub use outgoing::{IntoOutgoing, Outgoing};
pub use raw::Raw;

use crate::{Error, Message};

/// Decodes messages for the handler, and encodes what it sends.
///
/// Name it in the type of the handshake: `Handshake<MyCodec>`. Sockeye provides [`Raw`] and [`Json`].
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
    message = "[missing_handshake] `{Self}` is not a codec: nothing says how messages are read and written",
    label = "a handshake takes a codec: `Handshake`, `Handshake<Json<In, Out>>` or your own `Codec`",
    note = "help: for JSON write `Handshake<Json<{Self}>>`"
)]
pub trait Codec: Send + 'static {
    /// What `recv` returns.
    type In: Send + 'static;
    /// What `send` takes.
    type Out: Send + 'static;

    /// The name of the format that this codec writes. The default is the name of the codec's type.
    ///
    /// A [`Hub`](crate::Hub) encodes its events once. A socket sends them as they are if its codec has the same
    /// format, and otherwise returns an error: two codecs with the same name must write the same format.
    fn format() -> &'static str {
        std::any::type_name::<Self>()
    }

    /// Decodes a message.
    ///
    /// # Errors
    /// If the message is invalid. `recv` returns the error as `invalid_message`, which closes with 1007 when
    /// the handler returns it.
    fn decode(message: Message) -> Result<Self::In, Error>;

    /// Writes a message.
    ///
    /// # Errors
    /// Says why the value cannot be written; `send` passes it on.
    fn encode(value: &Self::Out) -> Result<Message, Error>;

    /// What shows a client's script that the server is there, on an endpoint with the option `heartbeat_message`. It is sent when the
    /// connection opens, behind what the handler sends without waiting for anything, and again after so much silence of the server. `None`
    /// sends nothing.
    ///
    /// The default is the JSON text `{"sockeye":"heartbeat","every":30000}`, with the milliseconds within which the client can
    /// expect the next message. The client module `sockeye-client` handles it. A codec whose clients cannot tell it from
    /// their own messages writes one of its own.
    fn heartbeat_message(every: std::time::Duration) -> Option<Message> {
        Some(Message::text(format!(r#"{{"sockeye":"heartbeat","every":{}}}"#, every.as_millis())))
    }

    /// Encodes an owned value. By default the same as [`encode`](Self::encode); implement it if ownership saves
    /// a copy.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    fn encode_owned(value: Self::Out) -> Result<Message, Error> {
        Self::encode(&value)
    }
}
