//! Topics of events: published once, encoded once, received by every subscriber.
//!
//! `Hub`, `Topic`, `Subscription` and `Event` carry the type; the parts that they share handle only encoded messages: `Core`
//! (the topics), `Channel` (one topic's queue), `Remote` (the link to other machines, if there is one).
//!
//! The invariants, and where they are maintained:
//!
//! - A topic has one queue, not one for each subscriber (`queue.rs`). An entry is removed when the last subscriber has taken it, or when it is
//!   too old. Publishing is one push, and memory is bounded by the topic, in events and bytes. An event that excludes its publisher stores the
//!   publisher's seat; an entry that all others have taken is hollow until it is the oldest.
//! - Unused memory is returned, in steps: the map of topics, queues, and seats shrink when most of them is unused.
//! - With a history an entry stays after the last subscriber has taken it, until a later event removes it: only then, so that the publisher drops
//!   it, outside of the lock. Each event has a position, the topic's epoch and its number, and a subscriber that reconnects is placed after it under
//!   the same lock under which events are added. A topic with a history outlives its subscribers; `sweep.rs` bounds how many do, and how many bytes
//!   they keep.
//! - A channel that is removed from the map is retired, under its own lock. A publisher that had found it before gets its event back, and publishes
//!   it to the next channel with that name: with a history, nothing is published to a channel that no one will find.
//! - An event stores the format in which it is encoded. A socket whose codec has the same `Codec::format` sends the bytes; any other returns
//!   an error, and never sends bytes in the wrong format. If the hub's codec chooses by subprotocol, an event is encoded in each format
//!   (`written.rs`), and a socket sends the one of its connection.
//! - No lock is held while foreign code runs: wakers, payloads, and orders for the backplane are moved out first. Counters are looked up
//!   before a lock and recorded after it. Foreign code may panic: a new seat has its owner before any of it runs.
//! - The hub never calls a `Backplane`. It is one task, which takes orders from an `Outlet` and passes what the broker delivers to an
//!   `Inlet`, so none of its code runs under a lock (decision 0022).
//! - `remote/lines.rs` is the table of wanted topics. A topic is ordered until it is confirmed: again with each connection, with backoff and
//!   jitter. A table cannot overflow as a queue of changes could.
//! - `remote/outgoing.rs` numbers the events of each topic, whether they can be sent or not. An event that may be lost is a *doubt* of its topic; the
//!   doubt is sent with the next event, or in a *mark*, a packet without an event. An event that the broker has confirmed may be lost as well, so
//!   `remote/marks.rs` marks a topic after it was published to (decision 0034).
//! - `packet.rs` carries publisher, stream, and number. In `heard.rs` a number that is not the next is a gap, and a number that was seen before is
//!   dropped. For an unknown publisher, its doubts and its first mark tell what was lost.
//! - If the broker keeps the history (`Backplane::keeps_history`), every event of a topic comes from the broker, with epoch and offset, also to the machine
//!   that has published it, so that all machines agree on positions and order. `shared.rs` receives them: an offset that is not the next one, or a mark
//!   of a publisher whose last event is not here, orders the topic again, and what arrives until the broker has answered waits. A subscriber whose
//!   position this machine does not know waits for that answer as well (`queue/restore.rs`). Decision 0068.
//! - `presence/` says who is there. It has topics of its own at the broker, which are no topics of the program: they have no channel, no history and no
//!   metrics, and go past the map of topics.
//! - A topic counts its losses (`lost.rs`). Each entry and each subscriber stores the count at its position, so a gap is reported where it
//!   is.

mod backplane;
mod builder;
#[cfg(feature = "console")]
mod census;
mod channel;
mod core;
mod cursor;
mod event;
mod heard;
mod history;
mod inlet;
mod kept;
mod log;
mod lost;
mod outlet;
mod packet;
mod positioned;
mod presence;
mod queue;
#[cfg_attr(not(feature = "log-stream"), expect(dead_code, reason = "only a log stream asks who reads"))]
mod readers;
mod ready;
mod remote;
mod shared;
mod subscription;
mod sweep;
mod topic;
mod wake;
mod written;

use std::{fmt, sync::Arc};

use serde::Serialize;

pub use backplane::Backplane;
pub use builder::{HubBuilder, SlowPolicy};
pub use event::{Delivery, Event};
pub use history::{Gap, Position};
pub use inlet::Inlet;
pub use kept::{Keep, Restored, Wanted};
pub use lost::Lost;
pub use outlet::{Order, Outlet, PublishOrder, SubscribeOrder};
pub use positioned::Positioned;
pub use presence::{Member, Membership, Presence, PresenceChange};
pub use subscription::Subscription;
pub use topic::Topic;
pub(crate) use written::Written;

#[cfg(feature = "console")]
pub(crate) use census::{HubView, hubs};
#[cfg(feature = "log-stream")]
pub(crate) use readers::Readers;

use self::core::Core;
use crate::{Codec, Json, Message, Result};

/// Topics of events of type `T`, shared by the whole server: handlers subscribe, and any code can publish.
///
/// An event is encoded once, as JSON unless the hub is made by [`Hub::encoded_by`], and sending it on a socket
/// copies no payload. Publishing never waits: depending on the [`SlowPolicy`], a subscriber that falls behind
/// by more than the queue holds (1,000 events, 4 MiB) loses the oldest events and learns how many, or is
/// disconnected. Topics need no setup or cleanup: a topic exists while it has subscribers.
///
/// ```no_run
/// use axum::extract::{Path, State};
/// use serde::Serialize;
/// use sockeye::{Handshake, Hub, Json, Server, StartupError, ws_endpoint};
///
/// #[derive(Serialize)]
/// struct Progress { percent: u8 }
///
/// /// Pushes the progress of one workflow to a dashboard.
/// #[ws_endpoint("/ws/workflows/{id}")]
/// async fn workflow(
///     handshake: Handshake<Json<String, Progress>>,
///     Path(id): Path<u64>,
///     State(hub): State<Hub<Progress>>,
/// ) -> sockeye::Result {
///     let mut feed = hub.topic(format!("workflow:{id}")).subscribe();
///     let mut socket = handshake.accept().await?;
///     loop {
///         tokio::select! {
///             command = socket.recv() => match command? {
///                 Some(command) => println!("{command}"),
///                 None => return Ok(()),
///             },
///             event = feed.next() => socket.send(event?).await?,
///         }
///     }
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), StartupError> {
///     let hub = Hub::<Progress>::new();
///     let topic = hub.topic("workflow:7");
///     tokio::spawn(async move { topic.publish(&Progress { percent: 100 }) });
///     Server::new().state(hub).serve("127.0.0.1:3000").await
/// }
/// ```
///
/// A clone is another handle of the same hub. After the last `Hub` and [`Topic`] are dropped, every
/// [`Subscription`] returns the events that it still holds, and then an error that closes with 1001. A stopping
/// server ends sockets, not subscriptions: `recv` returns `None`, and the handler ends as usual.
pub struct Hub<T> {
    shared: Arc<Shared>,
    encoding: Encoding<T>,
}

/// How events are encoded, and in which format.
struct Encoding<T> {
    encode: fn(&T) -> Result<Message>,
    written: Written,
}

/// Held by every handle that can publish; feeds end when the last one is dropped.
#[derive(Debug)]
struct Shared {
    core: Arc<Core>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.core.end();
    }
}

impl<T: Serialize + Send + 'static> Hub<T> {
    /// A hub within this process, with the defaults: JSON, a queue of 1,000 events, and slow subscribers lose the
    /// oldest.
    ///
    /// ```
    /// let hub = sockeye::Hub::<u32>::new();
    /// let mut feed = hub.topic("numbers").subscribe();
    /// assert_eq!(hub.topic("numbers").publish(&7)?, 1);
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// assert_eq!(feed.next().await?.message().as_text(), Some("7"));
    /// # Ok::<_, sockeye::Error>(()) })?;
    /// # Ok::<_, sockeye::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Builds a hub with other settings.
    ///
    /// ```
    /// use sockeye::{Hub, SlowPolicy};
    ///
    /// let hub = Hub::<u32>::builder().queue(50).slow(SlowPolicy::Disconnect).build();
    /// # let _ = hub;
    /// ```
    pub fn builder() -> HubBuilder<T> {
        Self::encoded_by::<Json<(), T>>()
    }
}

impl<T> Hub<T> {
    /// A hub that encodes its events with this codec instead of JSON. Sockets that send them must have a codec with the
    /// same [`format`](Codec::format), or [`Raw`](crate::Raw), which sends everything unchanged. With
    /// [`BySubprotocol`](crate::BySubprotocol) an event is encoded once in each of its formats.
    ///
    /// ```
    /// use sockeye::{Hub, Message, Raw};
    ///
    /// let hub = Hub::encoded_by::<Raw>().build();
    /// hub.topic("frames").publish(&Message::binary(vec![1, 2, 3]))?;
    /// # Ok::<_, sockeye::Error>(())
    /// ```
    pub fn encoded_by<C: Codec<Out = T>>() -> HubBuilder<T> {
        HubBuilder::new(Encoding::of::<C>())
    }

    /// The topic with this name. Any string is a name; nothing is allocated before the first subscriber.
    pub fn topic(&self, name: impl Into<String>) -> Topic<T> {
        Topic::new(self.clone(), presence::escape(name.into()))
    }

    /// How many topics have subscribers in this process.
    ///
    /// ```
    /// let hub = sockeye::Hub::<u32>::new();
    /// let feed = hub.topic("numbers").subscribe();
    /// assert_eq!(hub.topics(), 1);
    /// drop(feed);
    /// assert_eq!(hub.topics(), 0);
    /// ```
    pub fn topics(&self) -> usize {
        self.shared.core.topics()
    }
}

impl<T: Serialize + Send + 'static> Default for Hub<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Hub<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), encoding: self.encoding }
    }
}

impl<T> fmt::Debug for Hub<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("topics", &self.topics()).finish_non_exhaustive()
    }
}

impl<T> Clone for Encoding<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Encoding<T> {}
