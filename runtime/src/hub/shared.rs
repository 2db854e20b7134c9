//! A topic whose history the broker keeps. All of its events come from the broker, those of this machine as well, with an epoch and an offset.
//!
//! Subscribing and reading the history are two operations at the broker. What it delivers between the two, or after something is missing, waits in
//! [`Ahead`] until the history has arrived.

use std::{collections::VecDeque, task::Waker};

use tokio::time::Instant;

use super::{
    channel::{Channel, Log},
    heard::{Gap, Heard, Verdict},
    history,
    kept::Restored,
    packet::{self, Body, Packet, Stamp, Ticket},
    queue::{Entry, Numbered, own},
    wake::wake_all,
};
use crate::Message;

/// How many packets may wait.
const PACKETS: usize = 8192;

/// What the broker has delivered while the queue was not current.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    packets: VecDeque<Waiting>,
    bytes: usize,
    /// There were more than may wait.
    has_overflown: bool,
    /// The last offset when the history arrived last.
    reached: Option<(u64, u64)>,
}

#[derive(Debug)]
struct Waiting {
    /// The epoch and the offset of an event. `None`: a mark.
    numbered: Option<(u64, u64)>,
    parcel: Parcel,
}

/// A packet that was read.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) stamp: Option<Stamp>,
    pub(super) body: Body,
    pub(super) from: Option<Ticket>,
}

/// What has become of a packet.
#[derive(Debug, Default)]
pub(super) struct Received {
    /// Events that are missing for good.
    pub(super) gap: Gap,
    /// The broker has events that are not here: the topic has to be ordered again.
    pub(super) is_behind: bool,
    /// A payload to drop, which runs foreign code.
    refused: Vec<Message>,
    dropped: Vec<Entry>,
    /// How many entries were in the queue, if there is a new one.
    depth: Option<usize>,
    missed: usize,
    /// Subscribers have to look.
    is_news: bool,
}

impl Parcel {
    /// `None` if this version cannot read it.
    pub(super) fn read(packet: bytes::Bytes) -> Option<Self> {
        match packet::read(packet) {
            Packet::Foreign(message) => Some(Self { stamp: None, body: Body::Event(message), from: None }),
            Packet::Stamped(stamp, body, from) => Some(Self { stamp: Some(stamp), body, from }),
            Packet::Unknown => None,
        }
    }
}

impl Channel {
    /// Adds an event that the broker has numbered.
    pub(super) fn receive_at(&self, (epoch, offset): (u64, u64), parcel: Parcel) -> Received {
        let epoch = history::epoch(epoch);
        self.with_log(|log, received| {
            let Some((now, seen)) = log.queue.reached().filter(|_| log.queue.is_current()) else {
                return log.ahead.wait(Some((epoch, offset)), parcel, self.bounds.bytes, received);
            };
            if epoch == now && offset <= seen {
                return received.refuse(parcel);
            }
            if (epoch, offset) != (now, seen.saturating_add(1)) {
                log.queue.is_outdated();
                received.is_behind = true;
                return log.ahead.wait(Some((epoch, offset)), parcel, self.bounds.bytes, received);
            }
            self.append(log, Numbered { offset, at: Instant::now() }, parcel, received);
        })
    }

    /// A mark says how far its publisher is. If events have not arrived, the broker may have them.
    pub(super) fn receive_mark(&self, stamp: Stamp, body: Body) -> Received {
        let parcel = Parcel { stamp: Some(stamp), body, from: None };
        self.with_log(|log, received| {
            if log.queue.is_current() && !log.heard.is_behind(&stamp) {
                return log.take_mark(&stamp, &parcel.body, received);
            }
            received.is_behind = log.queue.is_current();
            log.queue.is_outdated();
            log.ahead.wait(None, parcel, self.bounds.bytes, received);
        })
    }

    /// Takes what the broker has kept, and then what it has delivered since. `publisher` is this machine.
    pub(super) fn restore(&self, publisher: u64, restored: Restored) -> Received {
        self.with_log(|log, received| {
            let Restored { epoch, last, events } = restored;
            let first = events.first().map_or(last, |event| event.offset.saturating_sub(1));
            let before = log.queue.reached();
            if log.queue.begin(epoch, first.min(last)) {
                // What publishers have numbered is still known: nothing comes twice.
                log.queue.losses.outages += 1;
                received.is_news = true;
            }
            let mut own_events = Vec::new();
            let now = Instant::now();
            for event in events {
                let Some(parcel) = Parcel::read(event.packet) else { continue };
                let stamp = parcel.stamp;
                let at = now.checked_sub(event.age).unwrap_or(now);
                let number = log.queue.end();
                self.append(log, Numbered { offset: event.offset, at }, parcel, received);
                let is_new = log.queue.end() > number;
                let stamp = stamp.filter(|stamp| is_new && stamp.publisher == publisher);
                own_events.extend(stamp.map(|stamp| (own(&stamp), number)));
            }
            if before.is_some_and(|(earlier, _)| earlier == epoch) {
                log.skip_to(last, received);
            } else {
                // Expired before there was a subscriber: a reader that comes back is told by its position.
                log.queue.skip_to(last);
            }
            received.is_news |= log.queue.is_awaited();
            received.is_behind |= log.queue.settle(&own_events, self.bounds);
            self.catch_up(log, received);
        })
    }

    /// What has arrived while the queue was not current.
    fn catch_up(&self, log: &mut Log, received: &mut Received) {
        let reached = log.queue.reached();
        // Without progress since the last time, what is missing does not come.
        let is_stuck = std::mem::replace(&mut log.ahead.reached, reached) == reached;
        let mut ahead = std::mem::take(&mut log.ahead.packets);
        log.ahead.bytes = 0;
        received.is_behind |= std::mem::take(&mut log.ahead.has_overflown) && !is_stuck;
        while let Some(Waiting { numbered, parcel }) = ahead.pop_front() {
            let Some((epoch, offset)) = numbered else {
                if let Some(stamp) = parcel.stamp {
                    log.take_mark(&stamp, &parcel.body, received);
                }
                continue;
            };
            let Some((now, seen)) = log.queue.reached() else { return };
            if epoch == now && (offset <= seen.saturating_add(1) || is_stuck) {
                self.append(log, Numbered { offset, at: Instant::now() }, parcel, received);
            } else if epoch == now {
                log.queue.is_outdated();
                received.is_behind = true;
                let bytes = parcel.body.len();
                ahead.push_front(Waiting { numbered, parcel });
                log.ahead.bytes =
                    ahead.iter().map(|waiting| waiting.parcel.body.len()).sum::<usize>().max(bytes);
                log.ahead.packets = ahead;
                return;
            } else {
                // Of an epoch that has passed, or that has just begun: its history has it.
                received.is_behind |= !is_stuck;
                received.refuse(parcel);
            }
        }
    }

    /// Adds the event with this offset; those before it that are not here are gone.
    fn append(&self, log: &mut Log, numbered: Numbered, parcel: Parcel, received: &mut Received) {
        let Numbered { offset, at } = numbered;
        if log.queue.reached().is_none_or(|(_, seen)| offset <= seen) {
            return received.refuse(parcel);
        }
        log.skip_to(offset - 1, received);
        let Parcel { stamp, body, from } = parcel;
        let gap = match stamp.map(|stamp| log.hear(&stamp, &body)) {
            Some(Verdict::New(gap)) => gap,
            // The broker has it twice.
            Some(Verdict::Stale) => {
                log.queue.skip_to(offset);
                return received.refuse(Parcel { stamp, body, from });
            }
            None => Gap::default(),
        };
        log.lose(gap, received);
        let Body::Event(message) = body else { return };
        match log.queue.push_numbered(message, from, at, self.bounds) {
            Ok(pushed) => received.pushed(pushed),
            Err(message) => received.refused.push(message),
        }
    }

    /// Whatever runs foreign code is done after the lock.
    fn with_log(&self, change: impl FnOnce(&mut Log, &mut Received)) -> Received {
        let mut received = Received::default();
        let mut log = self.lock();
        if log.retired {
            return received;
        }
        change(&mut log, &mut received);
        self.weigh(&mut log);
        let wakers: Vec<Waker> = if received.is_news { log.queue.take_wakers() } else { Vec::new() };
        drop(log);
        wake_all(wakers);
        if let Some(depth) = received.depth {
            self.counts().queued(depth, received.missed);
        }
        (received.refused, received.dropped) = Default::default();
        received
    }
}

impl Received {
    fn pushed(&mut self, pushed: super::queue::Pushed) {
        self.missed += pushed.missed();
        (self.depth, self.is_news) = (Some(pushed.depth), true);
        self.dropped.extend(pushed.dropped);
    }

    fn refuse(&mut self, parcel: Parcel) {
        if let Body::Event(message) = parcel.body {
            self.refused.push(message);
        }
    }
}

impl Log {
    fn skip_to(&mut self, offset: u64, received: &mut Received) {
        let lost = self.queue.skip_to(offset);
        if lost > 0 {
            // The numbers of their publishers would count them again.
            self.heard = Heard::default();
            self.lose(Gap { lost, perhaps_more: false }, received);
        }
    }

    fn lose(&mut self, gap: Gap, received: &mut Received) {
        self.queue.losses.add(gap);
        received.is_news |= !gap.is_nothing();
        received.gap.lost = received.gap.lost.saturating_add(gap.lost);
        received.gap.perhaps_more |= gap.perhaps_more;
    }

    fn take_mark(&mut self, stamp: &Stamp, body: &Body, received: &mut Received) {
        if let Verdict::New(gap) = self.hear(stamp, body) {
            self.lose(gap, received);
        }
    }
}

impl Ahead {
    fn wait(&mut self, numbered: Option<(u64, u64)>, parcel: Parcel, most: usize, received: &mut Received) {
        let bytes = parcel.body.len();
        if self.packets.len() >= PACKETS || self.bytes.saturating_add(bytes) > most.max(bytes) {
            self.has_overflown = true;
            return received.refuse(parcel);
        }
        self.bytes += bytes;
        self.packets.push_back(Waiting { numbered, parcel });
    }
}
