//! Pings that handles send (RFC 6455 section 5.5.2).
//!
//! At most one is in flight: callers in the meantime wait for the same answer. So neither a handler that pings all the time nor a peer
//! that never answers can make anything accumulate. Each has a number of 8 bytes as its payload; the heartbeat's pings have none.

use std::time::Duration;

use tokio::time::Instant;

use super::wakers::Waiters;
use crate::{CloseCode, Error, error::Kind};

#[derive(Debug, Default)]
pub(super) struct Pings {
    /// The number of the last ping that a handle has requested.
    asked: u64,
    /// The number of the last ping that was sent, and when.
    sent: u64,
    sent_at: Option<Instant>,
    /// The number of the last ping that has a result, and the result.
    done: u64,
    outcome: Option<Result<Duration, Unanswered>>,
    /// There is a result since the waiting tasks were last woken.
    is_news: bool,
    /// The tasks that wait for an answer.
    pub(super) waiters: Waiters,
}

/// Why a ping has no answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unanswered {
    /// The peer had this much time.
    Silent(Duration),
    /// Nothing was read, because the handler has not received the earlier messages.
    Unread,
}

impl Pings {
    /// Requests a ping, or the answer to the one in flight.
    pub(super) fn ask(&mut self) -> u64 {
        if self.asked == self.done {
            self.asked += 1;
        }
        self.asked
    }

    /// The number of the ping to send, if there is one.
    pub(super) fn take_asked(&mut self) -> Option<u64> {
        if self.sent == self.asked {
            return None;
        }
        self.sent = self.asked;
        self.sent_at = Some(Instant::now());
        Some(self.sent)
    }

    /// Whether a ping is in flight.
    pub(super) fn is_under_way(&self) -> bool {
        self.done < self.sent
    }

    /// Records an answer. One that arrives after the ping was given up changes nothing.
    pub(super) fn answered(&mut self, number: u64) {
        if self.is_under_way() && number == self.sent {
            let time = self.sent_at.map_or(Duration::ZERO, |sent| sent.elapsed());
            self.settle(Ok(time));
        }
    }

    pub(super) fn give_up(&mut self, why: Unanswered) {
        self.settle(Err(why));
    }

    fn settle(&mut self, outcome: Result<Duration, Unanswered>) {
        self.done = self.sent;
        self.outcome = Some(outcome);
        self.is_news = true;
    }

    /// Whether waiting tasks must be woken. Resets it.
    pub(super) fn has_news(&mut self) -> bool {
        std::mem::take(&mut self.is_news)
    }

    /// The result of the ping with this number, or of a later one that was answered in the meantime.
    pub(super) fn outcome(&self, number: u64) -> Option<Result<Duration, Error>> {
        let outcome = self.outcome.filter(|_| self.done >= number)?;
        Some(outcome.map_err(Unanswered::into_error))
    }
}

impl Unanswered {
    fn into_error(self) -> Error {
        match self {
            Self::Silent(time) => Error::of(Kind::Peer {
                rule: &sockeye_rules::HEARTBEAT_MISSED,
                code: CloseCode::INTERNAL_ERROR,
                reason: format!("no answer to a ping within {time:?}"),
            }),
            Self::Unread => Error::new(
                "the answer to a ping could not be read, because the handler has not received the messages that came before it: \
                 await `ping` beside `recv`, in another branch of `tokio::select!` or another task",
            ),
        }
    }
}

/// The payload of the ping with this number.
pub(super) fn payload(number: u64) -> bytes::Bytes {
    bytes::Bytes::copy_from_slice(&number.to_be_bytes())
}

/// The number in the payload of a pong, if it is one of ours.
pub(super) fn number(payload: &[u8]) -> Option<u64> {
    payload.try_into().ok().map(u64::from_be_bytes)
}
