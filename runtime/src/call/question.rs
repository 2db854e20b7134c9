//! Calls of the server.

use std::{
    future::{Future as _, poll_fn},
    pin::Pin,
    task::{Poll, ready},
    time::Duration,
};

use memchr::memmem;
use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};
use tokio::time::timeout;

use super::{CallError, CallId, incoming::Flat, object};
use crate::{
    Codec, Error, Message,
    connection::{CallNumber, Link, Pending, Wait},
};

/// A question to the client, with the type of its answer; see [`Sender::call`](crate::Sender::call).
///
/// It is written as an object with an `id`, as the messages that [`Call`](crate::Call) describes. The answer is an object with the same `id`.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use sockeye::Question;
///
/// #[derive(Serialize)]
/// struct MayDelete { file: String }
///
/// #[derive(Deserialize)]
/// struct Decision { yes: bool }
///
/// impl Question for MayDelete {
///     type Answer = Decision;
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a question: it does not say of which type its answer is",
    label = "`call` sends a question and returns its answer",
    note = "help: write `impl sockeye::Question for {Self} {{ type Answer = ..; }}`"
)]
pub trait Question: Serialize + Send {
    /// The fields of the answer.
    type Answer: DeserializeOwned + Send;
}

/// The codecs with which a server can call its clients: [`Json`](crate::Json), and with their features `MessagePack` and `Cbor`.
#[diagnostic::on_unimplemented(
    message = "a server cannot call its clients with the codec `{Self}`",
    label = "`call` needs one format, of serde: `Json`, `MessagePack` or `Cbor`; `BySubprotocol`, `Protobuf` and `Raw` cannot call",
    note = "help: write the type of the handshake and the socket with one of them, such as `Handshake<Json<In, Out>>`"
)]
pub trait CallCodec: Codec {
    #[doc(hidden)]
    fn write_question<Q: Serialize + Send>(question: &Q) -> Result<Message, Error>;

    #[doc(hidden)]
    fn read_answer<A: DeserializeOwned + Send>(message: Message) -> Result<A, Error>;
}

/// Implements it for a codec that reads and writes all types of serde.
macro_rules! call_codec {
    ($Codec:ident) => {
        #[diagnostic::do_not_recommend]
        impl<In, Out> $crate::CallCodec for $Codec<In, Out>
        where
            In: ReadBySerde + Send,
            Out: WrittenBySerde + Send,
        {
            fn write_question<Q: serde::Serialize + Send>(question: &Q) -> Result<Message, Error> {
                $Codec::<(), Q>::encode(question)
            }

            fn read_answer<A: serde::de::DeserializeOwned + Send>(message: Message) -> Result<A, Error> {
                $Codec::<A, ()>::decode(message)
            }
        }
    };
}

pub(crate) use call_codec;

/// What the ids of the server begin with. The ids of clients should not.
const PREFIX: &str = "sockeye-";

/// A question as it is written.
struct Asked<Q> {
    id: CallId,
    question: Q,
}

impl<Q: Serialize> Serialize for Asked<Q> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object::write(&self.id, &self.question, "Call", serializer)
    }
}

/// The `id` of any message.
#[derive(Deserialize)]
struct Identified {
    id: CallId,
}

/// Whether a client has answered that it failed.
#[derive(Deserialize)]
struct Failable {
    error: Option<Failed>,
}

/// `error` as the browser client reads it, too: a text, an object with a `message`, or anything else.
#[derive(Deserialize)]
#[serde(untagged)]
enum Failed {
    Text(String),
    Object { message: String },
    Other(serde::de::IgnoredAny),
}

impl Failed {
    fn words(self) -> String {
        match self {
            Self::Text(words) | Self::Object { message: words } => words,
            Self::Other(_) => "without a text".to_owned(),
        }
    }
}

/// The number of the call that a message may answer.
fn number_of<C: CallCodec>(message: &Message) -> Option<CallNumber> {
    // Most messages answer nothing, and need not be decoded twice.
    memmem::find(message.as_bytes(), PREFIX.as_bytes())?;
    let Identified { id } = C::read_answer(message.clone()).ok()?;
    CallNumber::read(id.text()?.strip_prefix(PREFIX)?)
}

/// Asks the client, and waits for its answer.
pub(crate) async fn ask<C: CallCodec, Q: Question>(
    link: &Link,
    time: Duration,
    question: Q,
) -> Result<Q::Answer, CallError> {
    let mut pending = link.begin_call(number_of::<C>).ok_or(CallError::TooMany)?;
    let id = CallId::own(format!("{PREFIX}{}", pending.number()));
    let message = C::write_question(&Asked { id, question }).map_err(CallError::unwritten)?;
    match timeout(time, exchange(link, &mut pending, message)).await {
        Ok(answered) => read::<C, Q::Answer>(answered.map_err(CallError::closed)?),
        Err(_) if link.is_unread() => Err(CallError::Unread),
        Err(_) => Err(CallError::TimedOut(time)),
    }
}

async fn exchange(link: &Link, pending: &mut Pending<'_>, message: Message) -> Result<Message, Error> {
    let (mut wait, mut outbound) = (Wait::default(), Some(message.into()));
    poll_fn(|cx| link.poll_send(cx, &mut wait, &mut outbound, true)).await?;
    let mut wait = Wait::default();
    poll_fn(|cx| {
        if let Poll::Ready(Ok(answer)) = Pin::new(pending.answer()).poll(cx) {
            return Poll::Ready(Ok(answer));
        }
        ready!(link.poll_over(cx, &mut wait));
        Poll::Ready(Err(link.gone()))
    })
    .await
}

fn read<C: CallCodec, A: DeserializeOwned + Send>(message: Message) -> Result<A, CallError> {
    if let Ok(Failable { error: Some(failed) }) = C::read_answer(message.clone()) {
        return Err(CallError::Failed(failed.words()));
    }
    let Flat { message, .. } = C::read_answer::<Flat<A>>(message).map_err(CallError::invalid)?;
    Ok(message)
}
