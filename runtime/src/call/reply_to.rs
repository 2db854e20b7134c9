//! The connection of a call, for the case that no one answers it.

use std::{
    cell::{Cell as Slot, RefCell},
    sync::Arc,
};

use super::{CallId, responder::Open};
use crate::{
    Message,
    connection::{FailedCall, WeakShared, Why},
};

/// Where the answer to a call would go. It keeps no connection open.
#[derive(Debug, Clone)]
pub(crate) struct ReplyTo {
    pub(crate) cell: WeakShared,
    /// Its number, which is unique in the process.
    pub(crate) connection: u64,
    /// Writes a failure in the format of the connection, if the format has one.
    pub(crate) written: fn(&CallId, &str) -> Option<Message>,
}

impl ReplyTo {
    /// Counts calls that have arrived, unless too many are open.
    fn opens(&self, number: usize) -> bool {
        self.cell.upgrade().is_some_and(|cell| cell.open_calls(number))
    }

    fn fail(&self, id: &CallId, why: Why) {
        if let Some(cell) = self.cell.upgrade() {
            cell.fail_call(FailedCall { id: id.clone(), why, written: self.written });
        }
    }

    /// A call is not open any more.
    pub(super) fn ended(&self, id: &CallId, is_answered: bool) {
        if let Some(cell) = self.cell.upgrade() {
            cell.end_call();
        }
        if !is_answered {
            self.fail(id, Why::Dropped);
        }
    }
}

/// The answers in a message that is to be sent. If it never is, their calls are unanswered.
#[derive(Debug, Default)]
pub(crate) struct Answers(Vec<Arc<Open>>);

impl Answers {
    /// Whether another connection, which is still there, waits for one of them: its call would never end, and this peer may take the answer
    /// for that to a call of its own.
    pub(crate) fn are_for_another(&self, connection: u64) -> bool {
        let reply_to = self.0.iter().filter_map(|open| open.reply_to.get());
        reply_to.filter(|one| one.connection != connection).any(|one| one.cell.is_alive())
    }

    /// Records that the message is queued.
    pub(crate) fn sent(self) {
        for open in self.0 {
            open.is_answered();
        }
    }
}

/// What is happening on a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Other,
    /// A message of a connection is being decoded.
    Decoding,
    /// A message to a connection is being encoded.
    Encoding,
}

/// What is happening, and whether a call was found in the message.
type Stage = (Work, bool);

const IDLE: Stage = (Work::Other, false);

thread_local! {
    static STAGE: Slot<Stage> = const { Slot::new(IDLE) };
    /// The calls of the message that is being decoded or encoded. A codec knows nothing of the connection, so they are collected here.
    static FOUND: RefCell<Vec<Arc<Open>>> = const { RefCell::new(Vec::new()) };
}

/// Decodes a message, and tells the calls in it where their answers go. `None` if too many are open: then these get an error.
pub(crate) fn arriving<T>(reply_to: impl FnOnce() -> ReplyTo, decode: impl FnOnce() -> T) -> Option<T> {
    let (decoded, mut found) = collect(Work::Decoding, decode);
    // One that is not in the decoded message belongs to an attempt that failed, such as a variant of an untagged enum.
    found.retain(|open| Arc::strong_count(open) > 1);
    if found.is_empty() {
        return Some(decoded);
    }
    let reply_to = reply_to();
    if !reply_to.opens(found.len()) {
        // These know no connection, and say nothing.
        drop(decoded);
        for open in found {
            reply_to.fail(&open.id, Why::TooMany);
        }
        return None;
    }
    for open in found {
        let _only_once = open.reply_to.set(reply_to.clone());
    }
    Some(decoded)
}

/// Encodes a message. The calls that it answers are answered once it is queued.
pub(crate) fn leaving<T>(encode: impl FnOnce() -> T) -> (T, Answers) {
    let (encoded, found) = collect(Work::Encoding, encode);
    (encoded, Answers(found))
}

/// Remembers a call, if a message of a connection is being decoded.
pub(super) fn decoded(open: &Arc<Open>) {
    if STAGE.get().0 == Work::Decoding {
        note(open);
    }
}

/// An answer is written. A text that is made elsewhere than in `send` counts as sent: no one can tell what becomes of it.
pub(super) fn written(open: &Arc<Open>) {
    if STAGE.get().0 == Work::Encoding {
        note(open);
    } else {
        open.is_answered();
    }
}

fn note(open: &Arc<Open>) {
    STAGE.set((STAGE.get().0, true));
    FOUND.with_borrow_mut(|found| found.push(Arc::clone(open)));
}

fn collect<T>(work: Work, then: impl FnOnce() -> T) -> (T, Vec<Arc<Open>>) {
    let _outer = Outer { found: found(), stage: STAGE.replace((work, false)) };
    let done = then();
    (done, found())
}

/// What was happening before, usually nothing. Restored when it is dropped, also by a codec that panics.
struct Outer {
    stage: Stage,
    found: Vec<Arc<Open>>,
}

impl Drop for Outer {
    fn drop(&mut self) {
        drop(found());
        STAGE.set(self.stage);
        if !self.found.is_empty() {
            FOUND.set(std::mem::take(&mut self.found));
        }
    }
}

fn found() -> Vec<Arc<Open>> {
    // Most messages are no calls.
    if STAGE.get().1 { FOUND.take() } else { Vec::new() }
}
