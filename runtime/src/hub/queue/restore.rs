//! The queue of a topic whose history the broker keeps: the broker assigns the positions, and the queue takes what it has.

use tokio::time::Instant;

use super::{
    super::{builder::Bounds, history::Gap, packet::Stamp},
    Entry, Place, Position, Pushed, Queue, Seat, Step,
};
use crate::Message;

/// Where a subscriber begins once the queue has what the broker has.
#[derive(Debug, Clone, Copy)]
pub(super) enum Awaited {
    /// With what is published from now on: by this machine after the event with these numbers, by others once the queue is current.
    Now(Own),
    /// After this position. If it is unknown, the broker is asked once more: its first answer may be older than the position.
    At { position: Position, is_second: bool },
}

/// The stream and the number of an event that this machine has published.
pub(in crate::hub) type Own = (u64, u64);

/// An event that the broker has numbered.
#[derive(Debug, Clone, Copy)]
pub(in crate::hub) struct Numbered {
    pub(in crate::hub) offset: u64,
    pub(in crate::hub) at: Instant,
}

impl Queue {
    /// Whether it has what the broker has, as far as is known. Always, if the broker keeps nothing.
    pub(in crate::hub) fn is_current(&self) -> bool {
        self.is_current
    }

    /// Whether a subscriber waits for that.
    pub(in crate::hub) fn is_awaited(&self) -> bool {
        self.awaiting > 0
    }

    /// The connection is lost, or an event is missing: subscribers that come now wait.
    pub(in crate::hub) fn is_outdated(&mut self) {
        self.is_current = false;
    }

    /// The epoch and the offset of the last event, if the broker numbers them.
    pub(in crate::hub) fn reached(&self) -> Option<(u64, u64)> {
        self.epoch.map(|epoch| (epoch, self.seen))
    }

    /// Positions are of this epoch from now on. Returns whether there was another one: the broker has lost its data.
    pub(in crate::hub) fn begin(&mut self, epoch: u64, before: u64) -> bool {
        if self.epoch == Some(epoch) {
            return false;
        }
        (self.seen, self.epoch_from) = (before, self.end());
        self.epoch.replace(epoch).is_some()
    }

    /// Events up to this offset, which the queue does not have, are gone. Returns how many.
    pub(in crate::hub) fn skip_to(&mut self, offset: u64) -> u64 {
        let skipped = offset.saturating_sub(self.seen);
        self.seen = self.seen.max(offset);
        skipped
    }

    /// Adds the next event.
    pub(in crate::hub) fn push_numbered(
        &mut self,
        message: Message,
        publisher: Option<u64>,
        at: Instant,
        bounds: Bounds,
    ) -> Result<Pushed, Message> {
        let publisher = publisher.and_then(|ticket| self.seat_of(ticket));
        self.add(message, publisher, Step { at, is_numbered: true }, bounds)
    }

    fn seat_of(&self, ticket: u64) -> Option<usize> {
        self.seats.iter().find(|(_, seat)| seat.ticket == ticket).map(|(seat, _)| seat)
    }

    /// Identifies a subscriber for the packets that it publishes.
    pub(in crate::hub) fn ticket(&self, place: &Place) -> Option<u64> {
        self.seats.get(place.0).map(|seat| seat.ticket)
    }

    /// A seat that gets its position when the queue is current.
    pub(super) fn wait(&mut self, awaited: Awaited) -> Place {
        self.awaiting += 1;
        let seat = Seat { awaited: Some(awaited), ..self.seat(self.end()) };
        Place(self.seats.insert(seat))
    }

    /// The queue has what the broker has: those who wait get their positions. `own` are this machine's events that it has got since it was
    /// current, each with its number in the queue, in order.
    /// Returns whether the broker has to be asked again.
    pub(in crate::hub) fn settle(&mut self, own: &[(Own, u64)], bounds: Bounds) -> bool {
        self.is_current = true;
        if std::mem::take(&mut self.awaiting) == 0 {
            return false;
        }
        let waiting: Vec<_> =
            self.seats.iter_mut().filter_map(|(key, seat)| Some((key, seat.awaited.take()?))).collect();
        for (key, awaited) in waiting {
            let (index, gap) = match awaited {
                Awaited::Now(after) => {
                    let own = own.get(own.partition_point(|(one, _)| *one <= after));
                    (self.index(own.map_or(self.end(), |(_, number)| *number)), None)
                }
                Awaited::At { position, is_second: false } if !self.is_found(position) => {
                    self.seats[key].awaited = Some(Awaited::At { position, is_second: true });
                    self.awaiting += 1;
                    continue;
                }
                Awaited::At { position, .. } => self.find(position, bounds),
            };
            let losses = self.losses_at(index, true, gap);
            let next = self.first + index as u64;
            for entry in self.entries.iter_mut().skip(index).filter(|entry| entry.publisher != Some(key)) {
                entry.left += 1;
            }
            if let Some(seat) = self.seats.get_mut(key) {
                (seat.next, seat.losses, seat.missed, seat.own, seat.gap) = (next, losses, 0, 0, gap);
                seat.is_told = false;
            }
        }
        self.awaiting > 0
    }

    /// The gap at the beginning of a subscriber that had to wait. It is told with the first event if no one has asked before.
    pub(in crate::hub) fn gap(&mut self, place: &Place) -> Option<Gap> {
        let seat = self.seats.get_mut(place.0)?;
        seat.is_told = true;
        seat.gap
    }
}

/// An event of this machine among those that the queue has got.
pub(in crate::hub) fn own(stamp: &Stamp) -> Own {
    (stamp.stream, stamp.number)
}

impl Entry {
    /// How many events of the epoch there were with this one, if it is of that epoch.
    pub(super) fn seen_in(&self, epoch: u64) -> Option<u64> {
        self.kept.as_ref()?.position.seen_in(epoch)
    }

    pub(super) fn before(&self) -> u64 {
        self.kept.as_ref().map_or(0, |kept| kept.before)
    }
}
