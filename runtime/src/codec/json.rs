use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use super::Codec;
use crate::{Error, Message};

/// JSON in both directions: `In` is read from text or binary messages, `Out` is written as text.
///
/// A message that does not decode is an `invalid_message` that says what was wrong, with line and column.
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
    In: DeserializeOwned + Send + 'static,
    Out: Serialize + Send + 'static,
{
    type In = In;
    type Out = Out;

    fn format() -> &'static str {
        "json"
    }

    fn decode(message: Message) -> Result<In, Error> {
        Ok(serde_json::from_slice(message.as_bytes())?)
    }

    fn encode(value: &Out) -> Result<Message, Error> {
        Ok(Message::text(serde_json::to_string(value)?))
    }
}
