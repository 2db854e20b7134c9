//! The last events of a topic, and the positions of its readers.

use std::{
    fmt,
    str::FromStr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use serde::{Serialize, Serializer, ser::SerializeStruct as _};
use tokio::time::Instant;

use crate::{Message, compression::Forms};

/// How much of a topic is kept after every subscriber has received it.
#[derive(Debug, Clone, Copy)]
pub(super) struct History {
    pub(super) events: usize,
    pub(super) age: Duration,
    /// The broker keeps the events and numbers them, for all machines.
    pub(super) is_shared: bool,
}

/// The position of a reader in a topic: after one of its events. A [`Hub`](crate::Hub) with a [history](crate::HubBuilder::history) assigns a
/// position to every event, and [`Topic::subscribe_from`](crate::Topic::subscribe_from) takes one.
///
/// For clients it is an opaque string: an epoch, which changes when the history restarts, and the number of events before it. Any
/// string is a position; the answer to one that no topic has assigned is a [`Gap`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> sockeye::Result {
/// let hub = sockeye::Hub::<u32>::builder().history(100).build();
/// let numbers = hub.topic("numbers");
/// for number in 1..=3 {
///     numbers.publish(&number)?;
/// }
/// let first = numbers.subscribe_from(sockeye::Position::OLDEST).next().await?;
/// let carried = first.position().map(|position| position.to_string());
///
/// let position = carried.and_then(|text| text.parse().ok());
/// let mut rest = numbers.subscribe_from(position);
/// assert_eq!(rest.next().await?.message().as_text(), Some("2"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    epoch: u64,
    /// The number of events of the topic before it.
    seen: u64,
}

impl Position {
    /// The position before all events that are kept.
    pub const OLDEST: Self = Self { epoch: ANY, seen: 0 };

    pub(super) fn new(epoch: u64, seen: u64) -> Self {
        Self { epoch, seen }
    }

    /// It was made from a string that is none.
    pub(super) fn is_nowhere(self) -> bool {
        self.epoch == NONE
    }

    /// The number of events before it, if it belongs to this epoch.
    pub(super) fn seen_in(self, epoch: u64) -> Option<u64> {
        (self.epoch == epoch).then_some(self.seen)
    }
}

/// The epoch of no topic: for strings that are not positions.
const NONE: u64 = 0;
/// The epoch of [`Position::OLDEST`].
const ANY: u64 = u64::MAX;

/// An epoch that no other topic, and no other process, has used.
pub(super) fn epoch(random: u64) -> u64 {
    random.clamp(NONE + 1, ANY - 1)
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.epoch, self.seen)
    }
}

impl FromStr for Position {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('-').and_then(|(epoch, seen)| {
            Some(Self::new(u64::from_str_radix(epoch, 16).ok()?, seen.parse().ok()?))
        });
        Ok(parts.unwrap_or(Self::new(NONE, 0)))
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Tells a reader that reconnects that the topic no longer has all events after its [`Position`].
///
/// As JSON it is `{"sockeye":"gap","missed":12,"position":".."}`, which the client module `sockeye-client` turns into an event `gap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// How many events are missing. `None`: unknown, because the history has restarted, or the position belongs to another topic.
    pub missed: Option<u64>,
    /// The reader's position now. `None` if the hub keeps no history.
    pub position: Option<Position>,
}

impl Serialize for Gap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut gap = serializer.serialize_struct("Gap", 3)?;
        gap.serialize_field("sockeye", "gap")?;
        gap.serialize_field("missed", &self.missed)?;
        match &self.position {
            Some(position) => gap.serialize_field("position", position)?,
            None => gap.skip_field("position")?,
        }
        gap.end()
    }
}

/// The data of an event of a history beside its message.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) position: Position,
    /// How many events of the topic are before it.
    pub(super) before: u64,
    pub(super) at: Instant,
    /// The event with its position, encoded when first needed.
    pub(super) positioned: OnceLock<(Message, Forms)>,
}

impl Kept {
    pub(super) fn new(position: Position, before: u64, at: Instant) -> Arc<Self> {
        Arc::new(Self { position, before, at, positioned: OnceLock::new() })
    }
}
