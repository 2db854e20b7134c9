use std::marker::PhantomData;

use super::{
    Codec,
    serde_types::{ReadBySerde, WrittenBySerde},
};
use crate::{
    CallId, Error, Message,
    call::{Failure, call_codec},
};

/// JSON in both directions: `In` is read from text or binary messages, `Out` is written as text.
///
/// A message that does not decode is an `invalid_message`. The error has the line and column, and says so if the
/// message was binary and not JSON.
///
/// ```no_run
/// use serde::{Deserialize, Serialize};
/// use sockeye::{Handshake, Json, ws_endpoint};
///
/// #[derive(Deserialize)]
/// struct Question { left: i64, right: i64 }
///
/// #[derive(Serialize)]
/// struct Answer { sum: i64 }
///
/// #[ws_endpoint("/add")]
/// async fn add(handshake: Handshake<Json<Question, Answer>>) -> sockeye::Result {
///     let mut socket = handshake.accept().await?;
///     while let Some(Question { left, right }) = socket.recv().await? {
///         socket.send(Answer { sum: left + right }).await?;
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Json<In, Out = In>(PhantomData<fn(In) -> Out>);

impl<In, Out> Codec for Json<In, Out>
where
    In: ReadBySerde + Send,
    Out: WrittenBySerde + Send,
{
    type In = In;
    type Out = Out;

    fn format() -> &'static str {
        "json"
    }

    fn content_type() -> &'static str {
        "application/json"
    }

    fn decode(message: Message) -> Result<In, Error> {
        let is_binary = matches!(message, Message::Binary(_));
        serde_json::from_slice(message.as_bytes()).map_err(|error| undecodable(error, is_binary))
    }

    fn encode(value: &Out) -> Result<Message, Error> {
        Ok(Message::text(serde_json::to_string(value)?))
    }

    fn failed_call(id: &CallId, why: &str) -> Option<Message> {
        serde_json::to_string(&Failure { id, error: why }).ok().map(Message::text)
    }
}

call_codec!(Json);

/// Without this hint, the author of a client that sends a binary format of its own would look for a mistake in the
/// JSON.
fn undecodable(error: serde_json::Error, is_binary: bool) -> Error {
    if is_binary && !error.is_data() {
        Error::new(format_args!("the binary message is not valid JSON: {error}"))
    } else {
        error.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(message: Message) -> String {
        Json::<u8>::decode(message).expect_err("no number").to_string()
    }

    #[test]
    fn a_binary_message_that_is_not_json_is_called_so() {
        let why = "expected value at line 1 column 1";
        assert_eq!(refused(Message::text("x")), why);
        assert_eq!(
            refused(Message::binary(b"\x82x".as_slice())),
            format!("the binary message is not valid JSON: {why}")
        );
        assert!(refused(Message::binary("")).starts_with("the binary message is not valid JSON: EOF"));
        // It is valid JSON, so the error is not that the message is binary.
        assert!(refused(Message::binary("true")).starts_with("invalid type: boolean"));
        assert_eq!(Json::<u8>::decode(Message::binary("7")).unwrap(), 7);
    }
}
