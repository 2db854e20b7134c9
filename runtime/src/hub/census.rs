//! The hubs of the process, for the console.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde::Serialize;

use super::{channel::Channel, core::Core};

/// Every hub that was built and is not dropped yet.
static HUBS: Mutex<Vec<Weak<Core>>> = Mutex::new(Vec::new());

/// How many topics of a hub are looked at, and how many of those are listed: those with the greatest lag.
const LOOKED_AT: usize = 2000;
const LISTED: usize = 200;

/// A hub and its topics.
#[derive(Debug, Serialize)]
pub(crate) struct HubView {
    name: &'static str,
    total: usize,
    topics: Vec<TopicView>,
}

#[derive(Debug, Serialize)]
struct TopicView {
    name: String,
    subscribers: usize,
    /// How many events are in its queue, including those that a history keeps.
    queued: usize,
    /// How many events the slowest subscriber is behind.
    lag: usize,
}

/// Remembers a hub.
pub(super) fn enter(core: &Arc<Core>) {
    let mut hubs = HUBS.lock().unwrap_or_else(PoisonError::into_inner);
    // Those that are gone are looked for only when the list would grow.
    if hubs.len() == hubs.capacity() {
        hubs.retain(|one| one.strong_count() > 0);
    }
    hubs.push(Arc::downgrade(core));
}

/// All hubs, in the order in which they were built.
pub(crate) fn hubs() -> Vec<HubView> {
    let hubs = HUBS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    hubs.iter().filter_map(Weak::upgrade).map(|core| view(&core)).collect()
}

fn view(core: &Core) -> HubView {
    let (some, total) = core.some(LOOKED_AT);
    let mut topics: Vec<_> = some.iter().map(|(name, channel)| topic(name, channel)).collect();
    topics.sort_by(|a, b| (b.lag, b.subscribers, &a.name).cmp(&(a.lag, a.subscribers, &b.name)));
    topics.truncate(LISTED);
    HubView { name: core.settings().name, total, topics }
}

fn topic(name: &str, channel: &Channel) -> TopicView {
    let (subscribers, queued, lag) = channel.load();
    TopicView { name: name.to_owned(), subscribers, queued, lag }
}
