//! The connection of a call, for the case that no one answers it.

use std::{
    cell::{Cell as Slot, RefCell},
    sync::{Arc, Weak},
};

use super::{CallId, responder::Open};
use crate::{Message, connection::Cell};

/// The answer to a call that the handler has dropped.
const DROPPED: &str = "the server has not answered this call";

/// Where the answer to a call would go. It keeps no connection open.
pub(crate) struct ReplyTo {
    pub(crate) cell: Weak<Cell>,
    /// Writes a failure in the format of the connection, if the format has one.
    pub(crate) failed: fn(&CallId, &str) -> Option<Message>,
}

impl ReplyTo {
    pub(super) fn unanswered(&self, id: &CallId) {
        if let Some(cell) = self.cell.upgrade() {
            cell.unanswered((self.failed)(id, DROPPED));
        }
    }
}

/// What is happening on a thread.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Idle,
    /// A message of a connection is being decoded.
    Decoding,
    /// There is a call in it.
    Found,
}

thread_local! {
    static STAGE: Slot<Stage> = const { Slot::new(Stage::Idle) };
    /// The calls of the message that is being decoded. A decoder knows nothing of the connection, so they are collected here.
    static FOUND: RefCell<Vec<Arc<Open>>> = const { RefCell::new(Vec::new()) };
}

/// Decodes a message, and tells the calls in it where their answers go.
pub(crate) fn arriving<T>(reply_to: impl Fn() -> ReplyTo, decode: impl FnOnce() -> T) -> T {
    STAGE.set(Stage::Decoding);
    let _ended_by_drop = Decoding;
    let decoded = decode();
    for open in found() {
        // One that is not in the decoded message belongs to an attempt that failed, such as a variant of an untagged enum.
        if Arc::strong_count(&open) > 1 {
            let _only_once = open.reply_to.set(reply_to());
        }
    }
    decoded
}

/// Remembers a call, if a message of a connection is being decoded.
pub(super) fn note(open: &Arc<Open>) {
    if STAGE.get() != Stage::Idle {
        STAGE.set(Stage::Found);
        FOUND.with_borrow_mut(|found| found.push(Arc::clone(open)));
    }
}

/// Ends when it is dropped, also by a decoder that panics.
struct Decoding;

impl Drop for Decoding {
    fn drop(&mut self) {
        drop(found());
        STAGE.set(Stage::Idle);
    }
}

fn found() -> Vec<Arc<Open>> {
    // Most messages are no calls.
    if STAGE.get() == Stage::Found { FOUND.take() } else { Vec::new() }
}
