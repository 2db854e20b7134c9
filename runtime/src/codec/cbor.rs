mod well_formed;

use std::{io, marker::PhantomData};

use ciborium::{de, ser};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Codec,
    by_serde::{self, BinaryFormat, DEPTH, Heartbeat, binary_codec},
    serde_types::{ReadBySerde, WrittenBySerde},
};
use crate::{
    CallId, Error, Message,
    call::{Failure, call_codec},
};

/// CBOR ([RFC 8949](https://www.rfc-editor.org/rfc/rfc8949)) in both directions, in binary messages: `In` is read, `Out` is written. Needs
/// the feature `cbor`.
///
/// Structs are maps with the names of their fields. serde tells types that the format is not for people: some, such as addresses and
/// UUIDs, are written as bytes. A `Vec<u8>` is an array of numbers; the crate `serde_bytes` makes it bytes.
///
/// A message that does not decode is an `invalid_message`, which closes with 1007. The error has the field, if it has one. A text
/// message is an `invalid_message` that closes with 1003, RFC 6455 section 7.4.1. Messages may be nested 128 deep, and decoding
/// reserves no more memory than what has arrived can fill, whatever lengths they declare.
///
/// ```no_run
/// use serde::{Deserialize, Serialize};
/// use sockeye::{Cbor, Handshake, ws_endpoint};
///
/// #[derive(Deserialize)]
/// struct Question { left: i64, right: i64 }
///
/// #[derive(Serialize)]
/// struct Answer { sum: i64 }
///
/// /// Adds numbers.
/// #[ws_endpoint("/add")]
/// async fn add(handshake: Handshake<Cbor<Question, Answer>>) -> sockeye::Result {
///     let mut socket = handshake.accept().await?;
///     while let Some(Question { left, right }) = socket.recv().await? {
///         socket.send(Answer { sum: left + right }).await?;
///     }
///     Ok(())
/// }
/// ```
///
/// A hub writes CBOR if it is built by `Hub::encoded_by::<Cbor<(), Answer>>()`. The heartbeat message is the map
/// `{"sockeye": "heartbeat", "every": 30000}`.
#[derive(Debug)]
#[cfg_attr(docsrs, doc(cfg(feature = "cbor")))]
pub struct Cbor<In, Out = In>(PhantomData<fn(In) -> Out>);

binary_codec!(Cbor, Wire, "cbor", "application/cbor");
call_codec!(Cbor);

struct Wire;

impl BinaryFormat for Wire {
    const NAME: &'static str = "CBOR";

    type Misfit = de::Error<io::Error>;

    fn check(bytes: &[u8]) -> Result<(), Error> {
        well_formed::check(bytes, DEPTH)
    }

    fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Self::Misfit> {
        de::from_reader_with_recursion_limit(bytes, DEPTH)
    }

    fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        match ser::into_writer(value, &mut bytes) {
            Ok(()) => Ok(bytes),
            Err(ser::Error::Value(why)) => Err(Error::new(why)),
            Err(ser::Error::Io(error)) => Err(error.into()),
        }
    }

    fn words(misfit: Self::Misfit) -> Option<String> {
        if let de::Error::Semantic(None, words) = misfit { Some(words) } else { None }
    }

    fn describe(misfit: Self::Misfit) -> String {
        match misfit {
            de::Error::Semantic(None, why) => why,
            de::Error::Semantic(Some(at), why) => format!("{why} at byte {at}"),
            de::Error::Syntax(at) => format!("invalid text or number at byte {at}"),
            de::Error::RecursionLimitExceeded => format!("the message is nested more than {DEPTH} deep"),
            de::Error::Io(error) => error.to_string(),
        }
    }
}
