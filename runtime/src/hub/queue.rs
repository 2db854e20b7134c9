//! The content of a topic: its events, and the position of each subscriber. Nothing in here locks or runs foreign code:
//! values to drop and wakers to wake are returned to the caller, which holds the lock.

use std::{collections::VecDeque, sync::Arc, task::Waker};

use slab::Slab;
use tokio::time::Instant;

use super::{
    builder::Bounds,
    history::{Gap, History, Kept, Position},
    lost::{Losses, Lost},
};
use crate::{Message, compression::Forms};

/// A buffer keeps this capacity: returning so little memory would cost more than it frees.
const KEPT: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Events that some subscriber has not taken yet, oldest first. The first one is still needed by a subscriber, unless there
    /// is a history.
    entries: VecDeque<Entry>,
    /// The number of the first entry; numbers count every event of the topic.
    first: u64,
    /// The total size of the entries' payloads.
    bytes: usize,
    seats: Slab<Seat>,
    /// How many seats have a waker.
    waiting: usize,
    /// The losses of events from others, up to the end of the queue.
    pub(super) losses: Losses,
    /// The losses before the event that was dropped last from the front.
    losses_before: Losses,
    /// The last event that was dropped exceeded the limit on bytes, not the limit on events.
    too_large: bool,
    /// How many subscribers have left since the seats were last shrunk.
    left: usize,
    /// The epoch of positions. `None`: there is no history, and an event that everyone has received is removed.
    epoch: Option<u64>,
    /// The time of the last event, if there is a history.
    newest: Option<Instant>,
}

#[derive(Debug)]
pub(super) struct Entry {
    /// Without payload once every subscriber has it, while an older entry is still needed.
    message: Message,
    /// Made and kept for its subscribers.
    forms: Forms,
    /// How many subscribers have not taken it yet.
    left: usize,
    /// The losses before it.
    losses: Losses,
    /// The seat of its publisher, which does not receive it.
    publisher: Option<usize>,
    /// Extra data if there is a history.
    kept: Option<Arc<Kept>>,
}

/// An event that was taken from a queue.
#[derive(Debug)]
pub(super) struct Drawn {
    pub(super) message: Message,
    pub(super) forms: Forms,
    pub(super) kept: Option<Arc<Kept>>,
    /// The losses just before it.
    pub(super) lost: Lost,
    /// It is the last one.
    pub(super) is_last: bool,
}

/// The state of a subscriber.
#[derive(Debug)]
struct Seat {
    /// The number of the event that it takes next.
    next: u64,
    /// The losses that it knows about.
    losses: Losses,
    /// How many events were dropped before it took them, not counting its own.
    missed: u64,
    /// How many of its own events were dropped since it last looked.
    own: u64,
    waker: Option<Waker>,
}

/// A subscriber's handle to its seat. Seats are reused, so there is one handle for each subscriber, and `leave` ends
/// it.
#[derive(Debug)]
pub(super) struct Place(usize);

/// The result of adding an event.
#[derive(Debug)]
pub(super) struct Pushed {
    /// How many will receive it.
    pub(super) reached: usize,
    /// How many entries were in the queue.
    pub(super) depth: usize,
    /// Entries that were dropped for it. Dropping them runs foreign code.
    pub(super) dropped: Vec<Entry>,
}

impl Pushed {
    /// How many events subscribers lost, counted once per subscriber.
    pub(super) fn missed(&self) -> usize {
        self.dropped.iter().map(|entry| entry.left).sum()
    }
}

impl Queue {
    pub(super) fn with_history(epoch: Option<u64>) -> Self {
        Self { epoch, ..Self::default() }
    }

    /// The time of the last event, if there is a history. It may have been removed: its position has not.
    pub(super) fn newest(&self) -> Option<Instant> {
        self.newest
    }

    /// How many events were added in total.
    pub(super) fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// The size of its events, including the overhead of each.
    pub(super) fn held(&self) -> usize {
        self.bytes + self.entries.len() * (size_of::<Entry>() + size_of::<Kept>())
    }

    /// How many entries there are, and how many the slowest subscriber has not taken.
    #[cfg(feature = "console")]
    pub(super) fn load(&self) -> (usize, usize) {
        let oldest = self.entries.iter().position(|entry| entry.left > 0);
        let queued = self.entries.len();
        (queued, oldest.map_or(0, |oldest| queued - oldest))
    }

    pub(super) fn subscribers(&self) -> usize {
        self.seats.len()
    }

    /// Adds an event for all subscribers except its publisher, and drops the oldest if a limit is exceeded. Returns the
    /// event if no subscriber will receive it and none is kept.
    pub(super) fn push(
        &mut self,
        message: Message,
        publisher: Option<&Place>,
        bounds: Bounds,
    ) -> Result<Pushed, Message> {
        let publisher = publisher.map(|place| place.0);
        let reached = self.seats.len() - usize::from(publisher.is_some());
        if reached == 0 && self.epoch.is_none() {
            return Err(message);
        }
        let depth = self.entries.len();
        let mut dropped = Vec::new();
        while self.is_too_full_for(&message, bounds) {
            self.too_large = self.entries.len() < bounds.entries();
            dropped.extend(self.drop_first());
        }
        self.bytes += message.len();
        let number = self.end();
        let kept = self.epoch.map(|epoch| Kept::new(Position::new(epoch, number + 1)));
        self.newest = kept.as_ref().map(|kept| kept.at);
        let forms = Forms::shared();
        let losses = self.losses;
        self.entries.push_back(Entry { message, forms, left: reached, losses, publisher, kept });
        if let Some(history) = bounds.history {
            self.forget(history, &mut dropped);
        }
        // A hollow entry of an older event is no longer the first.
        self.pop_taken();
        Ok(Pushed { reached, depth, dropped })
    }

    /// Whether the last event that was dropped exceeded the limit on bytes.
    pub(super) fn was_too_large(&self) -> bool {
        self.too_large
    }

    /// The newest event is always kept, however large it is.
    fn is_too_full_for(&self, message: &Message, bounds: Bounds) -> bool {
        let too_many = self.entries.len() >= bounds.entries();
        let too_large = self.bytes.saturating_add(message.len()) > bounds.bytes;
        !self.entries.is_empty() && (too_many || too_large)
    }

    /// A position after everything that has been published.
    pub(super) fn enter(&mut self) -> Place {
        let next = self.end();
        Place(self.seats.insert(Seat { next, losses: self.losses, missed: 0, own: 0, waker: None }))
    }

    /// A position after the given one, the gap between the two, and the events that have expired: dropping those runs foreign code.
    pub(super) fn enter_at(
        &mut self,
        position: Position,
        bounds: Bounds,
    ) -> (Place, Option<Gap>, Vec<Entry>) {
        let mut dropped = Vec::new();
        let (Some(epoch), Some(history)) = (self.epoch, bounds.history) else {
            let is_gap = position != Position::OLDEST;
            return (self.enter(), is_gap.then_some(Gap { missed: None, position: None }), dropped);
        };
        self.forget(history, &mut dropped);
        let end = self.end();
        let oldest = self.oldest(history);
        let seen = position.seen_in(epoch).filter(|seen| *seen <= end);
        let next = seen.map_or(oldest, |seen| seen.max(oldest));
        let missed = seen.map(|seen| next - seen);
        let is_whole = position == Position::OLDEST || missed == Some(0);
        let gap = (!is_whole).then(|| Gap { missed, position: Some(Position::new(epoch, next)) });
        let index = usize::try_from(next - self.first).unwrap_or(usize::MAX);
        // Losses before the event of its position are not losses for it. A reader without a position of this topic has lost nothing
        // before the first event.
        let losses = match index.checked_sub(1) {
            Some(last) => self.entries[last].losses,
            None if seen.is_some() => self.losses_before,
            None => self.entries.front().map_or(self.losses, |entry| entry.losses),
        };
        for entry in self.entries.iter_mut().skip(index) {
            entry.left += 1;
        }
        let seat = Seat { next, losses, missed: 0, own: 0, waker: None };
        (Place(self.seats.insert(seat)), gap, dropped)
    }

    /// The number of the first event that has not expired. Older ones may be waiting for a slow subscriber.
    fn oldest(&self, history: History) -> u64 {
        let now = Instant::now();
        self.first + self.entries.partition_point(|entry| entry.is_older_than(history, now)) as u64
    }

    /// Returns a seat, with everything that was kept for it: dropping that runs foreign code.
    pub(super) fn leave(&mut self, place: &Place) -> (Option<Waker>, Vec<Message>) {
        let waker = self.clear(place);
        let seat = self.seats.remove(place.0);
        let taken = usize::try_from(seat.next.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let mut unheard = Vec::new();
        // Without a history no one reads events before its position.
        let from = if self.epoch.is_some() { 0 } else { taken };
        for (index, entry) in self.entries.iter_mut().enumerate().skip(from) {
            if entry.publisher == Some(place.0) {
                // The next subscriber with this seat has not published it.
                entry.publisher = None;
            } else if index >= taken {
                entry.left -= 1;
                if entry.left == 0 && entry.kept.is_none() {
                    self.bytes -= entry.message.len();
                    unheard.push(entry.hollow());
                }
            }
        }
        self.pop_taken();
        self.give_back_seats();
        (waker, unheard)
    }

    /// The next event at the position.
    pub(super) fn take(&mut self, place: &Place) -> Option<Drawn> {
        let seat = self.seats.get_mut(place.0)?;
        let dropped = self.first.saturating_sub(seat.next);
        seat.missed += dropped - std::mem::take(&mut seat.own);
        seat.next += dropped;
        let index = loop {
            let index = usize::try_from(seat.next - self.first).ok()?;
            if self.entries.get(index)?.publisher != Some(place.0) {
                break index;
            }
            seat.next += 1;
        };
        seat.next += 1;
        let lost = seat.lost_until(self.entries[index].losses);
        let is_last = index + 1 == self.entries.len();
        let (kept, forms) = (self.entries[index].kept.clone(), self.entries[index].forms.clone());
        Some(Drawn { message: self.take_at(index), forms, kept, lost, is_last })
    }

    /// The losses at the position, if no event has followed.
    pub(super) fn take_lost(&mut self, place: &Place) -> Option<Lost> {
        let seat = self.seats.get_mut(place.0)?;
        Some(seat.lost_until(self.losses)).filter(|lost| !lost.is_nothing())
    }

    /// The message for one of its subscribers; the last one removes it.
    fn take_at(&mut self, index: usize) -> Message {
        let entry = &mut self.entries[index];
        entry.left -= 1;
        if entry.left > 0 || entry.kept.is_some() {
            return entry.message.clone();
        }
        let message = entry.hollow();
        self.bytes -= message.len();
        self.pop_taken();
        message
    }

    /// Whether this waker is already registered for the seat.
    pub(super) fn is_noted(&self, place: &Place, waker: &Waker) -> bool {
        let noted = self.seats.get(place.0).and_then(|seat| seat.waker.as_ref());
        noted.is_some_and(|noted| noted.will_wake(waker))
    }

    /// Registers a waker; returns the one that was registered before.
    pub(super) fn note(&mut self, place: &Place, waker: Waker) -> Option<Waker> {
        let Some(seat) = self.seats.get_mut(place.0) else { return Some(waker) };
        let replaced = seat.waker.replace(waker);
        self.waiting += usize::from(replaced.is_none());
        replaced
    }

    fn clear(&mut self, place: &Place) -> Option<Waker> {
        let waker = self.seats.get_mut(place.0)?.waker.take();
        self.waiting -= usize::from(waker.is_some());
        waker
    }

    pub(super) fn take_wakers(&mut self) -> Vec<Waker> {
        if std::mem::take(&mut self.waiting) == 0 {
            return Vec::new();
        }
        self.seats.iter_mut().filter_map(|(_, seat)| seat.waker.take()).collect()
    }

    /// Drops the oldest event before everyone has it. Its publisher, if it has not passed it yet, has missed nothing.
    fn drop_first(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        if let Some(seat) = entry.publisher.and_then(|seat| self.seats.get_mut(seat)) {
            seat.own += u64::from(seat.next <= self.first);
        }
        self.first += 1;
        self.losses_before = entry.losses;
        self.bytes -= entry.message.len();
        Some(entry)
    }

    /// Removes entries from the front that everyone has and the history does not keep.
    fn forget(&mut self, history: History, dropped: &mut Vec<Entry>) {
        let now = Instant::now();
        let is_forgotten = |entry: &Entry, entries: usize| {
            entry.left == 0 && (entries > history.events || entry.is_older_than(history, now))
        };
        while self.entries.front().is_some_and(|first| is_forgotten(first, self.entries.len())) {
            dropped.extend(self.drop_first());
        }
    }

    /// Removes entries that everyone has from the front.
    fn pop_taken(&mut self) {
        while self.entries.front().is_some_and(|entry| entry.left == 0 && entry.kept.is_none()) {
            // Dropping what is left of it runs no foreign code.
            self.drop_first();
        }
        if self.entries.capacity() > KEPT && self.entries.len() < self.entries.capacity() / 8 {
            self.entries.shrink_to(self.entries.capacity() / 4);
        }
    }

    /// A slab returns only vacant entries at its end. It is compacted again when as many subscribers have left as remain, so
    /// that the cost is shared by those that have left.
    fn give_back_seats(&mut self) {
        self.left += 1;
        let subscribers = self.seats.len();
        let capacity = self.seats.capacity();
        if capacity > KEPT && subscribers < capacity / 4 && self.left > subscribers {
            self.left = 0;
            self.seats.shrink_to_fit();
        }
    }
}

impl Seat {
    /// The losses that the subscriber has not been told about yet.
    fn lost_until(&mut self, now: Losses) -> Lost {
        let missed = std::mem::take(&mut self.missed);
        Lost { missed, ..now.since(std::mem::replace(&mut self.losses, now)) }
    }
}

impl Entry {
    fn is_older_than(&self, history: History, now: Instant) -> bool {
        self.kept.as_ref().is_some_and(|kept| now.duration_since(kept.at) > history.age)
    }

    /// The message, which is removed from here.
    fn hollow(&mut self) -> Message {
        self.forms = Forms::none();
        std::mem::replace(&mut self.message, Message::binary(bytes::Bytes::new()))
    }
}
