use std::marker::PhantomData;

use bytes::Bytes;

use super::{Codec, binary};
use crate::{Error, Message};

/// [Protocol Buffers](https://protobuf.dev) in both directions, in binary messages: `In` is read, `Out` is written. Both are messages of the
/// crate `prost`, version 0.14: derived, or written by `prost-build` from a `.proto` file. Needs the feature `protobuf`.
///
/// A message that does not decode is an `invalid_message`, which closes with 1007. The error has the field. A text message is an
/// `invalid_message` that closes with 1003, RFC 6455 section 7.4.1. A field that is unknown is ignored and one that is missing has its
/// default, as the format has it: an empty message is valid. Messages may be nested 100 deep, unless a crate turns on the feature
/// `no-recursion-limit` of `prost`.
///
/// ```no_run
/// use sockeye::{Handshake, Protobuf, ws_endpoint};
///
/// #[derive(Clone, PartialEq, prost::Message)]
/// struct Question {
///     #[prost(int64, tag = "1")]
///     left: i64,
///     #[prost(int64, tag = "2")]
///     right: i64,
/// }
///
/// #[derive(Clone, PartialEq, prost::Message)]
/// struct Answer {
///     #[prost(int64, tag = "1")]
///     sum: i64,
/// }
///
/// /// Adds numbers.
/// #[ws_endpoint("/add")]
/// async fn add(handshake: Handshake<Protobuf<Question, Answer>>) -> sockeye::Result {
///     let mut socket = handshake.accept().await?;
///     while let Some(Question { left, right }) = socket.recv().await? {
///         socket.send(Answer { sum: left + right }).await?;
///     }
///     Ok(())
/// }
/// ```
///
/// A hub writes Protocol Buffers if it is built by `Hub::encoded_by::<Protobuf<(), Answer>>()`. There is no heartbeat message, since a
/// client could not tell it from one of yours; the startup check `no_heartbeat_message` reports an endpoint that asks for one.
#[derive(Debug)]
#[cfg_attr(docsrs, doc(cfg(feature = "protobuf")))]
pub struct Protobuf<In, Out = In>(PhantomData<fn(In) -> Out>);

/// A message of Protocol Buffers.
#[diagnostic::on_unimplemented(
    message = "[message_type] `{Self}` is not a message of Protocol Buffers: it does not implement `prost::Message`",
    label = "`Protobuf<In, Out>` reads `In` and writes `Out`",
    note = "help: have `prost-build` write `{Self}` from its `.proto` file, or write `#[derive(prost::Message)]` on it, with the version of `prost` that Sockeye has"
)]
pub trait ProtobufMessage: Sized {
    #[doc(hidden)]
    fn read(bytes: Bytes) -> Result<Self, Error>;

    #[doc(hidden)]
    fn write(&self) -> Vec<u8>;
}

#[diagnostic::do_not_recommend]
impl<T: prost::Message + Default> ProtobufMessage for T {
    fn read(bytes: Bytes) -> Result<Self, Error> {
        Ok(T::decode(bytes)?)
    }

    fn write(&self) -> Vec<u8> {
        self.encode_to_vec()
    }
}

impl<In, Out> Codec for Protobuf<In, Out>
where
    In: ProtobufMessage + Send,
    Out: ProtobufMessage + Send,
{
    type In = In;
    type Out = Out;

    fn format() -> &'static str {
        "protobuf"
    }

    fn content_type() -> &'static str {
        "application/protobuf"
    }

    fn decode(message: Message) -> Result<In, Error> {
        In::read(binary::payload(message, "Protocol Buffers")?)
    }

    fn encode(value: &Out) -> Result<Message, Error> {
        Ok(Message::binary(value.write()))
    }

    fn heartbeat_message(_: std::time::Duration) -> Option<Message> {
        None
    }
}
