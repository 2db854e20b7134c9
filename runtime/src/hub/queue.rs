//! The content of a topic: its events, and the position of each subscriber. Nothing in here locks or runs foreign code:
//! values to drop and wakers to wake are returned to the caller, which holds the lock.

mod restore;

use std::{collections::VecDeque, sync::Arc, task::Waker};

use slab::Slab;
use tokio::time::Instant;

use super::{
    builder::Bounds,
    history::{Gap, History, Kept, Position},
    lost::{Losses, Lost},
    packet::Ticket,
    remote::random,
};
use crate::{Message, compression::Forms};

use self::restore::Awaited;
pub(super) use self::restore::{Numbered, Own, own};

/// A buffer keeps this capacity: returning so little memory would cost more than it frees.
const KEPT: usize = 64;

#[derive(Debug)]
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
    /// The number of the first entry of the epoch.
    epoch_from: u64,
    /// How many events of the epoch there were: the position after the last one.
    seen: u64,
    /// It has what the broker has, if the broker keeps the history.
    is_current: bool,
    /// How many seats wait for that.
    awaiting: usize,
    /// The number of the next seat. It begins at random: the number must not be one of an earlier queue of the topic.
    tickets: Ticket,
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
    /// Identifies it in packets.
    ticket: Ticket,
    /// It has no position yet.
    awaited: Option<Awaited>,
    /// The gap at its beginning, and whether it knows about it.
    gap: Option<Gap>,
    is_told: bool,
}

/// How an event is added.
#[derive(Debug, Clone, Copy)]
struct Step {
    at: Instant,
    /// It takes a position of its own. Otherwise it has that of the event before it: no reader can come back for it.
    is_numbered: bool,
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
    /// A queue whose positions are of this epoch; without one, nothing is kept. If the history is that of a broker, `is_current` is false, and the
    /// epoch follows.
    pub(super) fn with_history(epoch: Option<u64>, is_current: bool) -> Self {
        Self {
            entries: VecDeque::new(),
            first: 0,
            bytes: 0,
            seats: Slab::new(),
            waiting: 0,
            losses: Losses::default(),
            losses_before: Losses::default(),
            too_large: false,
            left: 0,
            epoch,
            epoch_from: 0,
            seen: 0,
            is_current,
            awaiting: 0,
            tickets: random(),
            newest: None,
        }
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
        self.add(message, publisher, Step { at: Instant::now(), is_numbered: true }, bounds)
    }

    /// Adds an event that has no position of its own.
    pub(super) fn push_beside(&mut self, message: Message, bounds: Bounds) -> Result<Pushed, Message> {
        self.add(message, None, Step { at: Instant::now(), is_numbered: false }, bounds)
    }

    fn add(
        &mut self,
        message: Message,
        publisher: Option<usize>,
        step: Step,
        bounds: Bounds,
    ) -> Result<Pushed, Message> {
        let itself = publisher.and_then(|seat| self.seats.get(seat)).filter(|seat| seat.awaited.is_none());
        let reached = self.seats.len() - self.awaiting - usize::from(itself.is_some());
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
        let before = self.seen;
        self.seen += u64::from(step.is_numbered);
        let kept = self.epoch.map(|epoch| Kept::new(Position::new(epoch, self.seen), before, step.at));
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

    /// A position after everything that has been published; `own` is the last event that this machine has published.
    pub(super) fn enter(&mut self, own: Own) -> Place {
        if !self.is_current {
            return self.wait(Awaited::Now(own));
        }
        let seat = self.seat(self.end());
        Place(self.seats.insert(seat))
    }

    fn seat(&mut self, next: u64) -> Seat {
        self.tickets = self.tickets.wrapping_add(1);
        Seat {
            next,
            losses: self.losses,
            missed: 0,
            own: 0,
            waker: None,
            ticket: self.tickets,
            awaited: None,
            gap: None,
            is_told: true,
        }
    }

    /// A position after the given one, the gap between the two, and the events that have expired: dropping those runs foreign code. If the broker
    /// may know the position and this queue does not, it is found once the queue is current.
    pub(super) fn enter_at(
        &mut self,
        position: Position,
        bounds: Bounds,
    ) -> (Place, Option<Gap>, Vec<Entry>) {
        let mut dropped = Vec::new();
        let Some(history) = bounds.history else {
            let gap = (position != Position::OLDEST).then_some(Gap { missed: None, position: None });
            return (self.enter(Own::default()), gap, dropped);
        };
        self.forget(history, &mut dropped);
        if history.is_shared && !(self.is_current && self.is_found(position)) {
            return (self.wait(Awaited::At { position, is_second: false }), None, dropped);
        }
        let (index, gap) = self.find(position, bounds);
        let losses = self.losses_at(index, self.knows(position), gap.filter(|_| history.is_shared));
        for entry in self.entries.iter_mut().skip(index) {
            entry.left += 1;
        }
        let next = self.first + index as u64;
        let seat = Seat { losses, ..self.seat(next) };
        (Place(self.seats.insert(seat)), gap, dropped)
    }

    /// Whether it is a position of this topic: an event has been there.
    fn knows(&self, position: Position) -> bool {
        let seen = self.epoch.and_then(|epoch| position.seen_in(epoch));
        seen.is_some_and(|seen| seen <= self.seen)
    }

    /// Whether the broker need not be asked for it.
    fn is_found(&self, position: Position) -> bool {
        position == Position::OLDEST || position.is_nowhere() || self.knows(position)
    }

    /// The index of the first event after the position, and the gap between the two.
    fn find(&self, position: Position, bounds: Bounds) -> (usize, Option<Gap>) {
        let (Some(epoch), Some(history)) = (self.epoch, bounds.history) else {
            return (self.entries.len(), Some(Gap { missed: None, position: None }));
        };
        let oldest = self.index(self.oldest(history).max(self.epoch_from));
        let seen = position.seen_in(epoch).filter(|seen| *seen <= self.seen);
        let index = seen.map_or(oldest, |seen| {
            // Those of an earlier epoch come first.
            let is_before = |entry: &Entry| entry.seen_in(epoch).is_none_or(|here| here <= seen);
            oldest.max(self.entries.partition_point(is_before))
        });
        let before = self.entries.get(index).map_or(self.seen, Entry::before);
        let missed = seen.map(|seen| before.saturating_sub(seen));
        let is_whole = position == Position::OLDEST || missed == Some(0);
        (index, (!is_whole).then(|| Gap { missed, position: Some(Position::new(epoch, before)) }))
    }

    /// Losses before the event of a reader's position are not losses for it. A reader without a position of this topic has lost nothing before the
    /// first event. Nor has one whose gap tells of them: a broker's numbers count what did not arrive here.
    fn losses_at(&self, index: usize, is_known: bool, gap: Option<Gap>) -> Losses {
        match index.checked_sub(1) {
            _ if gap.is_some() => self.entries.get(index).map_or(self.losses, |entry| entry.losses),
            Some(last) => self.entries[last].losses,
            None if is_known => self.losses_before,
            None => self.entries.front().map_or(self.losses, |entry| entry.losses),
        }
    }

    fn index(&self, number: u64) -> usize {
        usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX).min(self.entries.len())
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
        self.awaiting -= usize::from(seat.awaited.is_some());
        // What it waits for is not in the queue.
        let next = if seat.awaited.is_some() { self.end() } else { seat.next };
        let taken = usize::try_from(next.saturating_sub(self.first)).unwrap_or(usize::MAX);
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
        let seat = self.seats.get_mut(place.0).filter(|seat| seat.awaited.is_none())?;
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
        let seat = self.seats.get_mut(place.0).filter(|seat| seat.awaited.is_none())?;
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
        let lost = Lost { missed, ..now.since(std::mem::replace(&mut self.losses, now)) };
        match self.gap {
            Some(gap) if !std::mem::replace(&mut self.is_told, true) => lost.with(gap),
            _ => lost,
        }
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
