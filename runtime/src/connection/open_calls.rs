//! The calls of the client: how many are open, and which of them are answered with an `error` because no one else will.
//!
//! Those are reported by the owner, and only while the connection goes on: a handler that ends drops everything that it holds, and its client
//! learns of the end.

use std::sync::atomic::{AtomicUsize, Ordering};

use sockeye_rules::{Rule, TOO_MANY_CALLS, UNANSWERED_CALL};
use tracing::Level;

use super::{cell::Cell, handle::is_text};
use crate::{
    CallId, Message,
    handshake::Caller,
    log::{self, Kind},
};

/// How many calls have neither an answer nor an end.
#[derive(Debug, Default)]
pub(super) struct OpenCalls(AtomicUsize);

/// A call that the server answers with an `error` of its own.
#[derive(Debug)]
pub(crate) struct FailedCall {
    pub(crate) id: CallId,
    pub(crate) why: Why,
    /// Writes the answer in the format of the connection, if the format has one.
    pub(crate) written: fn(&CallId, &str) -> Option<Message>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Why {
    /// The handler has dropped it.
    Dropped,
    /// Too many others are open.
    TooMany,
}

impl Why {
    /// What the client is told.
    fn words(self) -> &'static str {
        match self {
            Self::Dropped => "the server has not answered this call",
            Self::TooMany => "too many calls of this connection are not answered yet",
        }
    }

    fn rule(self) -> &'static Rule {
        match self {
            Self::Dropped => &UNANSWERED_CALL,
            Self::TooMany => &TOO_MANY_CALLS,
        }
    }
}

impl Cell {
    /// Counts calls that have arrived, unless too many are open. Returns whether they are counted.
    pub(crate) fn open_calls(&self, number: usize) -> bool {
        let most = self.settings.limits.max_open_calls;
        let open = |open: usize| open.checked_add(number).filter(|open| *open <= most);
        self.open_calls.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, open).is_ok()
    }

    /// A call is answered, or dropped.
    pub(crate) fn end_call(&self) {
        self.open_calls.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// Has the owner report a call, and answer it.
    pub(crate) fn fail_call(&self, call: FailedCall) {
        let mut state = self.lock();
        if state.closing.end.is_none() {
            state.failed_calls.push(call);
            state.wake_owner();
        }
    }

    /// Logs the calls that have failed, and answers as many as there is room for. The others wait for the client to read, as many as may be
    /// open at most: a client that only sends gets no answer to more.
    pub(super) fn report_failed_calls(&self, endpoint: &'static str, caller: &Caller) {
        let mut state = self.lock();
        let calls = std::mem::take(&mut state.failed_calls);
        if state.closing.end.is_some() {
            // Dropped after this, when no lock is held.
            let _owed = std::mem::take(&mut state.owed_failures);
            drop(state);
            return;
        }
        drop(state);
        for call in &calls {
            self.log(call.why, endpoint, caller);
        }
        let mut state = self.lock();
        let room = self.settings.limits.max_open_calls.saturating_sub(state.owed_failures.len());
        state.owed_failures.extend(calls.into_iter().take(room));
        drop(state);
        while let Some(FailedCall { id, why, written }) = self.next_failure() {
            if let Some(answer) = written(&id, why.words()) {
                self.say(answer);
            }
        }
    }

    fn next_failure(&self) -> Option<FailedCall> {
        let mut state = self.lock();
        if state.has_room_for_bytes() { state.owed_failures.pop_front() } else { None }
    }

    fn log(&self, why: Why, endpoint: &'static str, caller: &Caller) {
        let rule = why.rule().name;
        if !caller.is_heard(Kind::Unanswered, Some(endpoint), Some(rule), Level::WARN) {
            return;
        }
        let (peer, client) = (caller.peer, caller.client);
        match why {
            Why::Dropped => log::unanswered_call(endpoint, rule, peer, client),
            Why::TooMany => {
                log::too_many_calls(endpoint, rule, self.settings.limits.max_open_calls, peer, client);
            }
        }
    }

    /// Queues a message, with or without room for it.
    fn say(&self, message: Message) {
        let (is_text, size) = (is_text(&message), message.len());
        let mut state = self.lock();
        if state.closing.end.is_some() {
            // The message is dropped after this, when no lock is held.
            drop(state);
            return;
        }
        state.queue(message.into());
        state.wake_owner();
        drop(state);
        self.sent(size);
        log::message_sent(is_text, size);
    }
}
