//! One topic's queue: a log that all subscribers read, each at its own place.
//!
//! An event is in it once, however many are to receive it, and leaves when the last of them has taken it or when it is
//! too old. So publishing costs one push, and a slow subscriber costs nobody anything.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Waker},
};

use super::{
    builder::Bounds,
    queue::{Place, Queue},
    wake::wake_all,
};
use crate::{Message, metrics::HubCounts};

#[derive(Debug)]
pub(super) struct Channel {
    /// No foreign code runs while it is held: no waker is cloned, woken or dropped, and no payload is dropped.
    log: Mutex<Log>,
    bounds: Bounds,
    counts: HubCounts,
}

#[derive(Debug, Default)]
struct Log {
    queue: Queue,
    ended: bool,
}

/// What a subscriber finds.
#[derive(Debug)]
pub(super) enum Found {
    /// An event, and how many the subscriber has missed just before it.
    Event { message: Message, missed: u64 },
    /// Nothing yet; the subscriber is woken when there is.
    Nothing,
    /// Nothing, and nothing will come.
    Ended,
}

/// What a subscriber leaves behind: foreign code runs when it is dropped, so not under a lock.
pub(super) struct Leaving {
    /// How many subscribers are left.
    pub(super) others: usize,
    _waker: Option<Waker>,
    _unheard: Vec<Message>,
}

impl Channel {
    pub(super) fn new(bounds: Bounds, counts: HubCounts) -> Self {
        Self { log: Mutex::default(), bounds, counts }
    }

    pub(super) fn counts(&self) -> &HubCounts {
        &self.counts
    }

    /// Adds an event for everybody but its publisher, and wakes who waits for it. Says how many will receive it.
    pub(super) fn push(&self, message: Message, publisher: Option<&Place>) -> usize {
        let mut log = self.lock();
        let pushed = log.queue.push(message, publisher, self.bounds);
        let wakers = if pushed.is_ok() { log.queue.take_wakers() } else { Vec::new() };
        drop(log);
        // Foreign code runs in all of these, so not under the lock.
        wake_all(wakers);
        let Ok(pushed) = pushed else { return 0 };
        self.counts.queued(pushed.depth, pushed.missed());
        pushed.reached
    }

    /// A place behind everything that was published before.
    pub(super) fn enter(&self) -> Place {
        self.lock().queue.enter()
    }

    /// Gives a place back.
    pub(super) fn leave(&self, place: &Place) -> Leaving {
        let mut log = self.lock();
        let (waker, unheard) = log.queue.leave(place);
        Leaving { others: log.queue.subscribers(), _waker: waker, _unheard: unheard }
    }

    /// Takes the event at the place and moves the place on, or remembers whom to wake.
    pub(super) fn take(&self, place: &Place, cx: &Context<'_>) -> Found {
        let mut log = self.lock();
        if let Some(found) = log.find(place) {
            return found;
        }
        if log.queue.is_noted(place, cx.waker()) {
            return Found::Nothing;
        }
        drop(log);
        let waker = cx.waker().clone();
        let mut log = self.lock();
        // Somebody may have published since.
        if let Some(found) = log.find(place) {
            drop(log);
            return found;
        }
        let replaced = log.queue.note(place, waker);
        drop(log);
        drop(replaced);
        Found::Nothing
    }

    /// Says that nothing more will come.
    pub(super) fn end(&self) {
        let mut log = self.lock();
        log.ended = true;
        let wakers = log.queue.take_wakers();
        drop(log);
        wake_all(wakers);
    }

    /// How many subscribers there are.
    pub(super) fn subscribers(&self) -> usize {
        self.lock().queue.subscribers()
    }

    /// What was too much when an event was last dropped.
    pub(super) fn excess(&self) -> String {
        let Bounds { events, bytes } = self.bounds;
        if self.lock().queue.was_too_large() {
            format!("more than {bytes} bytes")
        } else {
            format!("more than {events}")
        }
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn find(&mut self, place: &Place) -> Option<Found> {
        match self.queue.take(place) {
            Some((message, missed)) => Some(Found::Event { message, missed }),
            None => self.ended.then_some(Found::Ended),
        }
    }
}
