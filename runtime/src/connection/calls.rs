//! The calls of the server that wait for an answer of the client.
//!
//! Answers are taken out of the stream where a message arrives, before the inbox, so a handler can wait for one without receiving. The numbers of calls are
//! ours: of what a client says, a number is compared, and nothing is kept. They contain a random key, so that no other client whose messages are relayed can
//! guess them, and have its own question answered.

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::{cell::Cell, handle::Link};
use crate::{Message, log};

/// How many calls of a connection may wait.
const MOST: usize = 64;

/// Reads the number of the call that a message may answer.
type NumberOf = fn(&Message) -> Option<CallNumber>;

/// Identifies a call of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallNumber {
    /// Of the connection.
    key: u64,
    count: u64,
}

impl fmt::Display for CallNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.key, self.count)
    }
}

impl CallNumber {
    /// Reads what `Display` has written, and nothing else.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (key, count) = text.split_once('-')?;
        let number = Self { key: u64::from_str_radix(key, 16).ok()?, count: count.parse().ok()? };
        (number.to_string() == text).then_some(number)
    }
}

#[derive(Debug)]
pub(super) struct Calls {
    key: u64,
    table: Mutex<Table>,
    number_of: NumberOf,
}

#[derive(Debug, Default)]
struct Table {
    /// The number of the last call.
    last: u64,
    waiting: HashMap<u64, oneshot::Sender<Message>>,
}

/// A call that waits for its answer, as long as it lives.
#[derive(Debug)]
pub(crate) struct Pending<'a> {
    calls: &'a Calls,
    number: u64,
    answer: oneshot::Receiver<Message>,
}

impl Link {
    /// Begins a call, unless too many wait.
    pub(crate) fn begin_call(&self, number_of: NumberOf) -> Option<Pending<'_>> {
        let key = || RandomState::new().hash_one("calls");
        let first = || Box::new(Calls { key: key(), table: Mutex::default(), number_of });
        self.cell().calls.get_or_init(first).begin()
    }
}

impl Cell {
    /// Passes an answer to its call. Returns any other message.
    pub(super) fn sort(&self, message: Message) -> Option<Message> {
        match self.calls.get() {
            Some(calls) => calls.sort(message),
            None => Some(message),
        }
    }
}

impl Calls {
    fn begin(&self) -> Option<Pending<'_>> {
        let mut table = self.table();
        if table.waiting.len() >= MOST {
            return None;
        }
        table.last += 1;
        let number = table.last;
        let (sender, answer) = oneshot::channel();
        table.waiting.insert(number, sender);
        Some(Pending { calls: self, number, answer })
    }

    fn sort(&self, message: Message) -> Option<Message> {
        let Some(CallNumber { key, count }) = (self.number_of)(&message) else { return Some(message) };
        let mut table = self.table();
        if key != self.key || count == 0 || count > table.last {
            return Some(message);
        }
        let waiting = table.waiting.remove(&count);
        // No lock is held when foreign code is woken, or logs.
        drop(table);
        let is_late = waiting.is_none_or(|waiting| waiting.send(message).is_err());
        if is_late {
            log::late_answer();
        }
        None
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending<'_> {
    pub(crate) fn number(&self) -> CallNumber {
        CallNumber { key: self.calls.key, count: self.number }
    }

    pub(crate) fn answer(&mut self) -> &mut oneshot::Receiver<Message> {
        &mut self.answer
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        let waiting = self.calls.table().waiting.remove(&self.number);
        drop(waiting);
    }
}
