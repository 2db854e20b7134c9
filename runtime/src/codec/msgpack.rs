use std::marker::PhantomData;

use rmp_serde::{Deserializer, decode, encode};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::{
    Codec,
    by_serde::{self, BinaryFormat, DEPTH, Heartbeat, binary_codec},
    serde_types::{ReadBySerde, WrittenBySerde},
};
use crate::{
    CallId, Error, Message,
    call::{Failure, call_codec},
};

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

binary_codec!(MessagePack, Wire, "msgpack", "application/vnd.msgpack");
call_codec!(MessagePack);

struct Wire;

impl BinaryFormat for Wire {
    const NAME: &'static str = "MessagePack";

    type Misfit = decode::Error;

    fn check(bytes: &[u8]) -> Result<(), Error> {
        let mut deserializer = Deserializer::new(bytes);
        deserializer.set_max_depth(DEPTH);
        let checked = IgnoredAny::deserialize(&mut deserializer);
        let left = deserializer.into_inner().len();
        invalid(checked, bytes.len() - left, left)
    }

    fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, decode::Error> {
        let mut deserializer = Deserializer::from_read_ref(bytes);
        deserializer.set_max_depth(DEPTH);
        T::deserialize(&mut deserializer)
    }

    fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
        Ok(encode::to_vec_named(value)?)
    }

    fn words(misfit: decode::Error) -> Option<String> {
        if let decode::Error::Syntax(words) = misfit { Some(words) } else { None }
    }

    fn describe(misfit: decode::Error) -> String {
        match misfit {
            decode::Error::TypeMismatch(marker) => format!("invalid type: {marker:?}"),
            error => error.to_string(),
        }
    }
}

/// What is wrong with a message of which this many bytes were read, and this many are left.
fn invalid(checked: Result<IgnoredAny, decode::Error>, at: usize, left: usize) -> Result<(), Error> {
    let why = match checked {
        Ok(IgnoredAny) if left == 0 => return Ok(()),
        Ok(IgnoredAny) => format!("another value follows the first at byte {at}"),
        Err(decode::Error::InvalidMarkerRead(_) | decode::Error::InvalidDataRead(_)) => {
            format!("it ends in the middle of a value, after {} bytes", at + left)
        }
        Err(decode::Error::DepthLimitExceeded) => format!("it is nested more than {DEPTH} deep at byte {at}"),
        Err(error) => format!("{error} before byte {at}"),
    };
    Err(Error::new(format_args!("the message is not valid MessagePack: {why}")))
}
