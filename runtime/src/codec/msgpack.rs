use std::marker::PhantomData;

use rmp_serde::{Deserializer, decode, encode};
use serde::{Deserialize, de::IgnoredAny};

use super::{
    Codec, binary,
    by_serde::{DEPTH, Heartbeat, PathTo, ReadBySerde, WrittenBySerde, at_field},
};
use crate::{Error, Message};

/// [MessagePack](https://msgpack.org) in both directions, in binary messages: `In` is read, `Out` is written. Needs the feature `msgpack`.
///
/// Structs are written as maps with the names of their fields, as scripts read them; arrays in the order of the fields are read too.
/// serde tells types that the format is not for people: some, such as addresses and UUIDs, are written as bytes. A `Vec<u8>` is an array of
/// numbers; the crate `serde_bytes` makes it bytes.
///
/// A message that does not decode is an `invalid_message`, which closes with 1007. The error has the field, if it has one. A text
/// message is an `invalid_message` that closes with 1003, RFC 6455 section 7.4.1. Messages may be nested 128 deep, and decoding
/// reserves no more memory than what has arrived can fill, whatever lengths they declare.
///
/// ```no_run
/// use serde::{Deserialize, Serialize};
/// use sockeye::{Handshake, MessagePack, ws_endpoint};
///
/// #[derive(Deserialize)]
/// struct Question { left: i64, right: i64 }
///
/// #[derive(Serialize)]
/// struct Answer { sum: i64 }
///
/// /// Adds numbers.
/// #[ws_endpoint("/add")]
/// async fn add(handshake: Handshake<MessagePack<Question, Answer>>) -> sockeye::Result {
///     let mut socket = handshake.accept().await?;
///     while let Some(Question { left, right }) = socket.recv().await? {
///         socket.send(Answer { sum: left + right }).await?;
///     }
///     Ok(())
/// }
/// ```
///
/// A hub writes MessagePack if it is built by `Hub::encoded_by::<MessagePack<(), Answer>>()`. The heartbeat message is the map
/// `{"sockeye": "heartbeat", "every": 30000}`.
#[derive(Debug)]
#[cfg_attr(docsrs, doc(cfg(feature = "msgpack")))]
pub struct MessagePack<In, Out = In>(PhantomData<fn(In) -> Out>);

impl<In, Out> Codec for MessagePack<In, Out>
where
    In: ReadBySerde + Send,
    Out: WrittenBySerde + Send,
{
    type In = In;
    type Out = Out;

    fn format() -> &'static str {
        "msgpack"
    }

    fn content_type() -> &'static str {
        "application/vnd.msgpack"
    }

    fn decode(message: Message) -> Result<In, Error> {
        let bytes = binary::payload(message, "MessagePack")?;
        check(&bytes)?;
        read(&bytes).map_err(|error| misfit::<In>(&error, &bytes))
    }

    fn encode(value: &Out) -> Result<Message, Error> {
        Ok(Message::binary(encode::to_vec_named(value)?))
    }

    fn heartbeat_message(every: std::time::Duration) -> Option<Message> {
        encode::to_vec_named(&Heartbeat::new(every)).ok().map(Message::binary)
    }
}

fn read<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, decode::Error> {
    let mut deserializer = Deserializer::from_read_ref(bytes);
    deserializer.set_max_depth(DEPTH);
    T::deserialize(&mut deserializer)
}

/// That this is one value of MessagePack and nothing else. Before anything is reserved for it: types reserve memory for as many items as
/// an array declares.
fn check(bytes: &[u8]) -> Result<(), Error> {
    let mut deserializer = Deserializer::new(bytes);
    deserializer.set_max_depth(DEPTH);
    let checked = IgnoredAny::deserialize(&mut deserializer);
    let left = deserializer.into_inner().len();
    let at = bytes.len() - left;
    let invalid = |why: &str| Error::new(format_args!("the message is not valid MessagePack: {why}"));
    match checked {
        Ok(IgnoredAny) if left == 0 => Ok(()),
        Ok(IgnoredAny) => Err(invalid(&format!("another value follows the first at byte {at}"))),
        Err(decode::Error::InvalidMarkerRead(_) | decode::Error::InvalidDataRead(_)) => {
            Err(invalid(&format!("it ends in the middle of a value, after {} bytes", bytes.len())))
        }
        Err(decode::Error::DepthLimitExceeded) => {
            Err(invalid(&format!("it is nested more than {DEPTH} deep at byte {at}")))
        }
        Err(error) => Err(invalid(&format!("{error} before byte {at}"))),
    }
}

/// Why a valid message is no `In`.
fn misfit<In: ReadBySerde>(error: &decode::Error, bytes: &[u8]) -> Error {
    let path = match read::<PathTo<In>>(bytes) {
        Err(decode::Error::Syntax(path)) => Some(path),
        _ => None,
    };
    let what = match error {
        decode::Error::TypeMismatch(marker) => format!("invalid type: {marker:?}"),
        error => error.to_string(),
    };
    Error::new(at_field(what, path))
}
