use std::time::Duration;

use bytes::Bytes;

use super::history::{self, History};

/// What a broker keeps of each topic; see [`Backplane::keeps_history`](super::Backplane::keeps_history).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keep {
    /// How many events: the last ones.
    pub events: usize,
    /// For how long.
    pub age: Duration,
}

/// What a hub has of a topic whose history the broker keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wanted {
    /// The epoch and the offset of the last event that it has. `None` if it has none: it wants everything that is kept.
    pub after: Option<(u64, u64)>,
    /// How much it keeps itself: no more events than that are of use.
    pub keep: Keep,
}

/// The answer to [`SubscribeOrder::restore`](super::SubscribeOrder::restore): what the broker has kept of a topic.
///
/// ```
/// use std::time::Duration;
/// use sockeye::backplane::Restored;
///
/// // 3 events have been published, of which the broker has kept the last two.
/// let restored = Restored::new(0x5eed, 3)
///     .event(2, Duration::from_secs(90), "\"b\"")
///     .event(3, Duration::from_secs(5), "\"c\"");
/// # let _ = restored;
/// ```
#[derive(Debug)]
#[must_use = "pass it to `SubscribeOrder::restore`"]
pub struct Restored {
    pub(super) epoch: u64,
    pub(super) last: u64,
    pub(super) events: Vec<Event>,
}

#[derive(Debug)]
pub(super) struct Event {
    pub(super) offset: u64,
    pub(super) age: Duration,
    pub(super) packet: Bytes,
}

impl Restored {
    /// A topic with this epoch and the offset of its last event: the number of events that have been published. An epoch is a random number
    /// that the broker stores with the topic; it changes when the broker has lost its data. 0 is the offset of a topic without events.
    pub fn new(epoch: u64, last: u64) -> Self {
        Self { epoch: history::epoch(epoch), last, events: Vec::new() }
    }

    /// Adds an event: its offset, counted from 1, how long ago it was published, and its packet. In order.
    pub fn event(mut self, offset: u64, age: Duration, packet: impl Into<Bytes>) -> Self {
        self.events.push(Event { offset, age, packet: packet.into() });
        self
    }
}

impl From<History> for Keep {
    fn from(History { events, age, .. }: History) -> Self {
        Self { events, age }
    }
}
