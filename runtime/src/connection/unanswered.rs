//! Calls that a handler has dropped without an answer.
//!
//! They are reported by the owner, and only while the connection goes on: a handler that ends drops everything that it holds, and its client
//! learns of the end.

use sockeye_rules::UNANSWERED_CALL;
use tracing::Level;

use super::{cell::Cell, handle::is_text};
use crate::{
    Message,
    handshake::Caller,
    log::{self, Kind},
};

impl Cell {
    /// Records a call that no one will answer. `failed` is the answer that says so, if the format has one.
    pub(crate) fn unanswered(&self, failed: Option<Message>) {
        let mut state = self.lock();
        if state.closing.end.is_some() {
            // The message is dropped after this, when no lock is held.
            drop(state);
            return;
        }
        state.unanswered.push(failed);
        state.wake_owner();
    }

    /// Logs these calls, and answers them as long as the client reads its answers.
    pub(super) fn report_unanswered(&self, endpoint: &'static str, caller: &Caller) {
        let mut state = self.lock();
        let calls = std::mem::take(&mut state.unanswered);
        let has_ended = state.closing.end.is_some();
        drop(state);
        if has_ended {
            return;
        }
        for failed in calls {
            log_unanswered(endpoint, caller);
            if let Some(failed) = failed {
                self.say(failed);
            }
        }
    }

    /// Queues a message, unless too much is queued already.
    fn say(&self, message: Message) {
        let (is_text, size) = (is_text(&message), message.len());
        let mut state = self.lock();
        if state.closing.end.is_some() || !state.has_room_for_bytes() {
            drop(state);
            return;
        }
        state.queue(message);
        state.wake_owner();
        drop(state);
        self.sent(size);
        log::message_sent(is_text, size);
    }
}

fn log_unanswered(endpoint: &'static str, caller: &Caller) {
    let rule = UNANSWERED_CALL.name;
    if caller.is_heard(Kind::Unanswered, Some(endpoint), Some(rule), Level::WARN) {
        log::unanswered_call(endpoint, rule, caller.peer, caller.client);
    }
}
