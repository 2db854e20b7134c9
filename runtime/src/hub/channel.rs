//! One topic's queue: a log that all subscribers read, each at its own place.
//!
//! An event is in it once, however many are to receive it, and leaves when the last of them has taken it or when it is
//! too old. So publishing costs one push, and a slow subscriber costs nobody anything.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Waker},
};

use slab::Slab;

use crate::{Message, metrics::HubCounts};

#[derive(Debug)]
pub(super) struct Channel {
    log: Mutex<Log>,
    /// How many events are kept.
    length: usize,
    counts: HubCounts,
}

#[derive(Debug, Default)]
struct Log {
    /// What some subscriber has not taken yet, oldest first.
    entries: VecDeque<Entry>,
    /// The number of the first entry; numbers count every event of the topic.
    first: u64,
    /// A place for each subscriber: its waker, while it waits.
    seats: Slab<Option<Waker>>,
    waiting: usize,
    ended: bool,
}

#[derive(Debug)]
struct Entry {
    message: Message,
    /// How many subscribers have yet to take it.
    left: usize,
}

/// A subscriber's place: its seat, and the number of the event that it takes next.
#[derive(Debug)]
pub(super) struct Place {
    seat: usize,
    next: u64,
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
    _unheard: Vec<Entry>,
}

impl Channel {
    pub(super) fn new(length: usize, counts: HubCounts) -> Self {
        Self { log: Mutex::default(), length, counts }
    }

    pub(super) fn counts(&self) -> &HubCounts {
        &self.counts
    }

    /// Adds an event and wakes who waits for it. Says how many will receive it.
    pub(super) fn push(&self, message: Message) -> usize {
        let mut log = self.lock();
        let left = log.seats.len();
        if left == 0 {
            return 0;
        }
        let depth = log.entries.len();
        let oldest = if depth >= self.length { log.drop_first() } else { None };
        log.entries.push_back(Entry { message, left });
        let wakers = log.take_wakers();
        drop(log);
        // Foreign code runs in all of these, so not under the lock.
        wakers.into_iter().for_each(Waker::wake);
        self.counts.queued(depth, oldest.map_or(0, |entry| entry.left));
        left
    }

    /// A place behind everything that was published before.
    pub(super) fn enter(&self) -> Place {
        let mut log = self.lock();
        Place { seat: log.seats.insert(None), next: log.end() }
    }

    /// Gives a place back.
    pub(super) fn leave(&self, place: &Place) -> Leaving {
        let mut log = self.lock();
        let waker = log.clear(place.seat);
        log.seats.remove(place.seat);
        let taken = usize::try_from(place.next.saturating_sub(log.first)).unwrap_or(usize::MAX);
        log.entries.iter_mut().skip(taken).for_each(|entry| entry.left -= 1);
        let mut unheard = Vec::new();
        while log.entries.front().is_some_and(|entry| entry.left == 0) {
            unheard.extend(log.drop_first());
        }
        Leaving { others: log.seats.len(), _waker: waker, _unheard: unheard }
    }

    /// Takes the event at the place and moves the place on, or remembers whom to wake.
    pub(super) fn take(&self, place: &mut Place, cx: &Context<'_>) -> Found {
        let mut log = self.lock();
        let missed = log.first.saturating_sub(place.next);
        place.next += missed;
        if let Some(message) = log.take(place.next) {
            place.next += 1;
            return Found::Event { message, missed };
        }
        if log.ended {
            return Found::Ended;
        }
        let replaced = log.wait(place.seat, cx.waker());
        drop(log);
        drop(replaced);
        Found::Nothing
    }

    /// Says that nothing more will come.
    pub(super) fn end(&self) {
        let mut log = self.lock();
        log.ended = true;
        let wakers = log.take_wakers();
        drop(log);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// How many subscribers there are.
    pub(super) fn subscribers(&self) -> usize {
        self.lock().seats.len()
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    /// The number that the next event will have.
    fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    fn drop_first(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.first += 1;
        Some(entry)
    }

    /// The event of that number, once for each subscriber.
    fn take(&mut self, number: u64) -> Option<Message> {
        let index = usize::try_from(number - self.first).ok()?;
        let entry = self.entries.get_mut(index)?;
        entry.left -= 1;
        if entry.left > 0 {
            return Some(entry.message.clone());
        }
        // Nobody can be at an older one: whoever has not taken that has not taken this. So it is the first.
        self.drop_first().map(|entry| entry.message)
    }

    /// Notes whom to wake; gives back the waker that was noted before.
    fn wait(&mut self, seat: usize, waker: &Waker) -> Option<Waker> {
        let noted = self.seats.get_mut(seat)?;
        if noted.as_ref().is_some_and(|noted| noted.will_wake(waker)) {
            return None;
        }
        let replaced = noted.replace(waker.clone());
        self.waiting += usize::from(replaced.is_none());
        replaced
    }

    fn clear(&mut self, seat: usize) -> Option<Waker> {
        let waker = self.seats.get_mut(seat)?.take();
        self.waiting -= usize::from(waker.is_some());
        waker
    }

    fn take_wakers(&mut self) -> Vec<Waker> {
        if std::mem::take(&mut self.waiting) == 0 {
            return Vec::new();
        }
        self.seats.iter_mut().filter_map(|(_, waker)| waker.take()).collect()
    }
}
