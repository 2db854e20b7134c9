//! Why a call of the server has no answer.

use std::{error::Error as StdError, fmt, time::Duration};

use sockeye_rules as rules;

use crate::{CloseCode, Error, error::Kind};

/// Why [`call`](crate::Sender::call) has no answer.
///
/// With `?` it ends the handler: [`Closed`](Self::Closed) is a normal end, as that of the connection itself. What the client is at fault for is logged at `WARN`:
/// [`Invalid`](Self::Invalid) closes with 1007 (`invalid_message`), [`TimedOut`](Self::TimedOut) and [`Failed`](Self::Failed) with 1011 (`call_failed`).
/// The others are failures of the handler.
#[derive(Debug)]
#[non_exhaustive]
pub enum CallError {
    /// The client did not answer within this time. A later answer is dropped, and logged at `DEBUG`.
    TimedOut(Duration),
    /// The connection is over.
    Closed(Box<dyn StdError + Send + Sync>),
    /// The client answered with this `error`.
    Failed(String),
    /// The answer does not have the fields that the type of the question says.
    Invalid(Box<dyn StdError + Send + Sync>),
    /// The answer did not arrive in time, and nothing more is read: the handler has not received the 64 messages that came before. Await `call` beside `recv`, in
    /// another branch of `tokio::select!` or another task.
    Unread,
    /// 64 calls of this connection wait for an answer already.
    TooMany,
    /// The question cannot be written; the error says what to write instead.
    Unwritten(Box<dyn StdError + Send + Sync>),
}

impl CallError {
    pub(super) fn closed(error: Error) -> Self {
        Self::Closed(error.into_boxed())
    }

    pub(super) fn invalid(error: Error) -> Self {
        Self::Invalid(error.into_boxed())
    }

    pub(super) fn unwritten(error: Error) -> Self {
        Self::Unwritten(error.into_boxed())
    }

    /// What it means for the connection, if the client is at fault.
    pub(crate) fn kind(&self) -> Option<Kind> {
        let (rule, code) = match self {
            Self::TimedOut(_) | Self::Failed(_) => (&rules::CALL_FAILED, CloseCode::INTERNAL_ERROR),
            Self::Invalid(_) => (&rules::INVALID_MESSAGE, CloseCode::INVALID_PAYLOAD),
            Self::Closed(_) | Self::Unread | Self::TooMany | Self::Unwritten(_) => return None,
        };
        let reason = match self {
            Self::Invalid(why) => format!("{self}: {why}"),
            _ => self.to_string(),
        };
        Some(Kind::Peer { rule, code, reason })
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(time) => write!(f, "the client has not answered a call within {time:?}"),
            Self::Closed(_) => f.write_str("the connection ended before the client answered a call"),
            Self::Failed(error) => write!(f, "the client answered a call with an error: {error}"),
            Self::Invalid(_) => f.write_str("the client's answer to a call does not decode"),
            Self::Unread => f.write_str(
                "the answer to a call could not be read, because the handler has not received the messages that came before it: await `call` \
                 beside `recv`, in another branch of `tokio::select!` or another task",
            ),
            Self::TooMany => f.write_str("too many calls wait for the client: at most 64 of a connection may"),
            Self::Unwritten(_) => f.write_str("the question of a call cannot be written"),
        }
    }
}

impl StdError for CallError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Closed(error) | Self::Invalid(error) | Self::Unwritten(error) => Some(&**error),
            _ => None,
        }
    }
}
