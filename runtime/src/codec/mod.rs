//! How messages become values and values messages.

mod json;
mod outgoing;
mod raw;

pub use json::Json;
pub use outgoing::Outgoing;
pub use raw::Raw;

use crate::{Error, Message};

/// Turns messages into what a handler receives, and what it sends into messages.
///
/// Name it in the handshake: `Handshake<MyCodec>`. Provided are [`Raw`] and [`Json`].
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
pub trait Codec: Send + 'static {
    /// What `recv` gives.
    type In: Send + 'static;
    /// What `send` takes.
    type Out: Send + 'static;

    /// What the messages are called that this codec writes; the name of the codec's type unless it says otherwise.
    ///
    /// A [`Hub`](crate::Hub) encodes its events once. A socket sends them as they are if its codec has the same format,
    /// and else gives an error: two codecs with one name must write the same.
    fn format() -> &'static str {
        std::any::type_name::<Self>()
    }

    /// Reads a message.
    ///
    /// # Errors
    /// Says what is wrong with the message. `recv` passes it on as `invalid_message`, which closes with 1007 when the
    /// handler returns it.
    fn decode(message: Message) -> Result<Self::In, Error>;

    /// Writes a message.
    ///
    /// # Errors
    /// Says why the value cannot be written; `send` passes it on.
    fn encode(value: &Self::Out) -> Result<Message, Error>;

    /// Writes a message from a value that is no longer needed; the same as [`encode`](Self::encode) unless something
    /// is gained by owning it.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    fn encode_owned(value: Self::Out) -> Result<Message, Error> {
        Self::encode(&value)
    }
}
