use std::{any, fmt, sync::Arc, time::Duration};

use super::{
    Backplane, Encoding, Hub, Shared, Written, core::Core, history::History, readers::Readers,
    remote::Remote, written,
};
use crate::{Codec, metrics};

/// The default number of events that a subscriber may be behind.
const QUEUE: usize = 1000;
/// How many bytes of payload a topic holds for subscribers that are behind.
const QUEUE_BYTES: usize = 4 << 20;

/// The default age up to which a history keeps events.
const HISTORY_AGE: Duration = Duration::from_hours(1);

/// What happens to a subscriber that falls behind by more than the queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SlowPolicy {
    /// It loses the oldest events; the next event says how many ([`Event::missed`](crate::Event::missed)). Suitable if
    /// newer events replace older ones.
    #[default]
    DropOldest,
    /// Its [`Subscription::next`](crate::Subscription::next) fails with `slow_consumer`. Returned with `?`, the error closes with 1013,
    /// and the client reconnects and starts over. Suitable if a gap would lead to a wrong state.
    Disconnect,
}

/// Builder of a [`Hub`]; see [`Hub::builder`].
#[must_use = "call `build` to make the hub"]
pub struct HubBuilder<T> {
    encoding: Encoding<T>,
    settings: Settings,
    readers: Option<Arc<Readers>>,
    backplane: Option<Box<dyn Backplane>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) bounds: Bounds,
    pub(super) slow: SlowPolicy,
    /// The name in metrics.
    pub(super) name: &'static str,
}

/// The limits of a topic's queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) events: usize,
    pub(super) bytes: usize,
    pub(super) history: Option<History>,
}

impl Bounds {
    /// Whether the broker keeps the history, for all machines.
    pub(super) fn is_shared(&self) -> bool {
        self.history.is_some_and(|history| history.is_shared)
    }

    /// The maximum number of entries: the history and the waiting events share one queue.
    pub(super) fn entries(&self) -> usize {
        self.history.map_or(self.events, |history| self.events.max(history.events))
    }
}

impl<T> HubBuilder<T> {
    pub(super) fn new(encoding: Encoding<T>) -> Self {
        let bounds = Bounds { events: QUEUE, bytes: QUEUE_BYTES, history: None };
        let settings = Settings { bounds, slow: SlowPolicy::default(), name: any::type_name::<T>() };
        Self { encoding, settings, readers: None, backplane: None }
    }

    /// How many events a subscriber may be behind: 1,000 by default, at least 1. One queue serves all subscribers of a topic, so a topic never holds
    /// more than this many events, regardless of the number of subscribers. With a longer [`history`](Self::history), a subscriber may be that far
    /// behind instead.
    pub fn queue(mut self, events: usize) -> Self {
        self.settings.bounds.events = events.max(1);
        self
    }

    /// How many bytes of events a topic holds for subscribers that are behind: 4 MiB by default. Encoded payloads are
    /// counted; a payload that several subscribers share counts once. Whichever of the two limits is reached first
    /// applies. The newest event is kept even if it alone exceeds the limit.
    ///
    /// ```
    /// let hub = sockeye::Hub::<String>::builder().queue(10_000).queue_bytes(64 << 20).build();
    /// # let _ = hub;
    /// ```
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.settings.bounds.bytes = bytes;
        self
    }

    /// Keeps the last events of each topic, so that a client that reconnects receives the events that it has missed
    /// ([`Topic::subscribe_from`](crate::Topic::subscribe_from)). At least 1; by default there is no history.
    ///
    /// The history is in memory. It keeps events for an hour, unless [`history_age`](Self::history_age) says otherwise, and counts towards
    /// [`queue_bytes`](Self::queue_bytes). A subscriber may be this far behind as well, if that is more than [`queue`](Self::queue): the
    /// [`SlowPolicy`] applies only beyond that.
    ///
    /// A topic with a history is kept when its last subscriber leaves. At most 10,000 such topics are kept, with 64 MiB in total, or
    /// [`queue_bytes`](Self::queue_bytes) if that is more; those that were published to least recently are dropped first. The limit counts encoded
    /// payloads and the overhead of each event, but not the copies with positions that are made for [`Positioned`](crate::Positioned).
    ///
    /// Behind a [backplane that keeps histories](crate::Backplane::keeps_history), the broker keeps the events, and all machines share it: a client resumes
    /// on any of them, also after a restart. This machine then holds only the topics that have subscribers.
    ///
    /// ```
    /// let hub = sockeye::Hub::<String>::builder().history(500).build();
    /// # let _ = hub;
    /// ```
    pub fn history(mut self, events: usize) -> Self {
        let age = self.settings.bounds.history.map_or(HISTORY_AGE, |history| history.age);
        self.settings.bounds.history = Some(History { events: events.max(1), age, is_shared: false });
        self
    }

    /// How long events are kept; see [`history`](Self::history). It has no effect without a history.
    pub fn history_age(mut self, age: Duration) -> Self {
        if let Some(history) = &mut self.settings.bounds.history {
            history.age = age;
        }
        self
    }

    /// The policy for a subscriber that falls behind by more than the queue holds.
    pub fn slow(mut self, policy: SlowPolicy) -> Self {
        self.settings.slow = policy;
        self
    }

    /// The name of the hub in [`metrics`](crate::metrics). The default is the type of its events, such as
    /// `my_app::Progress`. A name distinguishes two hubs of the same type, and does not change if the type is moved.
    ///
    /// It is a `&'static str` because each name is a time series of its own.
    ///
    /// ```
    /// let hub = sockeye::Hub::<u32>::builder().name("progress").build();
    /// # let _ = hub;
    /// ```
    pub fn name(mut self, name: &'static str) -> Self {
        self.settings.name = name;
        self
    }

    /// Shares the topics with other machines through this backplane. It starts when the hub is built, or first used,
    /// inside a tokio runtime.
    pub fn backplane(mut self, backplane: impl Backplane) -> Self {
        self.backplane = Some(Box::new(backplane));
        self
    }

    /// The name, unless the user gave one.
    #[cfg(feature = "log-stream")]
    pub(crate) fn or_name(self, name: &'static str) -> Self {
        if self.settings.name == any::type_name::<T>() { self.name(name) } else { self }
    }

    /// Tracks the tasks that read.
    #[cfg(feature = "log-stream")]
    pub(crate) fn note_readers(mut self, readers: Arc<Readers>) -> Self {
        self.readers = Some(readers);
        self
    }

    /// Removes the backplane. Returns whether there was one.
    #[cfg(feature = "log-stream")]
    pub(crate) fn remove_backplane(&mut self) -> bool {
        self.backplane.take().is_some()
    }

    /// Builds the hub.
    pub fn build(mut self) -> Hub<T> {
        metrics::describe_hubs();
        let keeps_history = self.backplane.as_ref().is_some_and(|backplane| backplane.keeps_history());
        if let Some(history) = &mut self.settings.bounds.history {
            history.is_shared = keeps_history;
        }
        let shared = self.settings.bounds.history.filter(|history| history.is_shared);
        let remote = self.backplane.is_some().then(|| Arc::new(Remote::new(self.settings.name, shared)));
        let core = Arc::new(Core::new(self.settings, self.readers, remote));
        #[cfg(feature = "console")]
        super::census::enter(&core);
        if let (Some(remote), Some(backplane)) = (core.remote(), self.backplane) {
            remote.join(backplane, Arc::downgrade(&core));
        }
        Hub { shared: Arc::new(Shared { core }), encoding: self.encoding }
    }
}

impl<T> Encoding<T> {
    pub(super) fn of<C: Codec<Out = T>>() -> Self {
        let written = Written::by::<C>();
        Self { encode: if written.in_several { written::in_each::<C> } else { C::encode }, written }
    }
}

impl<T> fmt::Debug for HubBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}
