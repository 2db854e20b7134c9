//! What answers a call.

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::{Deserialize, Deserializer};

use super::{Answer, CallId, ReplyTo, reply_to};

/// Answers one call, once: it makes the [`Answer`], which the socket sends.
///
/// It is in a [`Call`](crate::Call), or it is the field `id` of a message:
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use sockeye::{Answer, Responder};
///
/// /// `{"do":"count","id":"c-x7f3ab-1"}` is answered, `{"do":"reset"}` is not.
/// #[derive(Deserialize)]
/// #[serde(tag = "do", rename_all = "snake_case")]
/// enum Command {
///     Count { id: Responder },
///     Reset,
/// }
///
/// #[derive(Serialize)]
/// struct Count { count: u64 }
///
/// fn run(command: Command, count: &mut u64) -> Option<Answer<Count>> {
///     match command {
///         Command::Count { id } => Some(id.answer(Count { count: *count })),
///         Command::Reset => {
///             *count = 0;
///             None
///         }
///     }
/// }
/// # let mut count = 7;
/// # let read = |json| serde_json::from_str(json).unwrap();
/// # let answer = run(read(r#"{"do":"count","id":"c-1"}"#), &mut count).unwrap();
/// # assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"id":"c-1","count":7}"#);
/// # assert!(run(read(r#"{"do":"reset"}"#), &mut count).is_none());
/// ```
///
/// If it is dropped while the connection goes on, no one will answer the call: the rule `unanswered_call` is logged at `WARN`, and the client gets an
/// answer with an `error`. The same is true of an [`Answer`] that is not sent, also by a `send` that is cancelled before there was room. Where the compiler can see it, `unanswered_call` is an error.
#[must_use = "the sender of the call waits for an answer: `socket.send(responder.answer(value)).await?`, or `responder.fail(\"why\")`"]
pub struct Responder(Arc<Open>);

/// A call that is to be answered.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) id: CallId,
    /// Set once its message is decoded; never, if that was not on a connection.
    pub(super) reply_to: OnceLock<ReplyTo>,
    is_answered: AtomicBool,
}

impl Responder {
    /// The answer with this value. Send it: `socket.send(responder.answer(value)).await?`.
    ///
    /// The value is written as an object, to which the `id` is added: a struct with named fields, an enum with `#[serde(tag = "..")]`, a map, or
    /// `()`, without a field `id` of its own, and without a field `error` that is not null, as the browser client takes that for a failure.
    pub fn answer<T>(self, value: T) -> Answer<T> {
        Answer::new(self.0, Ok(value))
    }

    /// The answer that the call has failed: an object with the `id` and this text as its `error`, which the client sees.
    /// `request` of the browser client rejects with it.
    pub fn fail<T>(self, why: impl fmt::Display) -> Answer<T> {
        Answer::new(self.0, Err(why.to_string()))
    }

    /// The `id` of the call.
    pub fn id(&self) -> &CallId {
        &self.0.id
    }
}

impl<'de> Deserialize<'de> for Responder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = CallId::deserialize(deserializer)?;
        let open = Arc::new(Open { id, reply_to: OnceLock::new(), is_answered: AtomicBool::new(false) });
        reply_to::decoded(&open);
        Ok(Self(open))
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Responder").field(&self.0.id).finish()
    }
}

impl Open {
    /// The answer is on its way.
    pub(super) fn is_answered(&self) {
        self.is_answered.store(true, Ordering::Relaxed);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let is_answered = *self.is_answered.get_mut();
        if let Some(reply_to) = self.reply_to.get() {
            reply_to.ended(&self.id, is_answered);
        }
    }
}
