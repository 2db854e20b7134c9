//! The hubs of the process, for the console.

use std::{
    cmp::Reverse,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use serde::Serialize;

use super::core::Core;
use crate::log;

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
    /// The beginning of it, if it is long: programs put what clients send into names.
    name: String,
    #[serde(flatten)]
    load: Load,
}

/// What a topic holds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Load {
    pub(super) subscribers: usize,
    /// How many events are in its queue, including those that a history keeps.
    pub(super) queued: usize,
    /// How many events the slowest subscriber is behind.
    pub(super) lag: usize,
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

/// The first hubs in the order in which they were built, and how many there are.
pub(crate) fn hubs(most: usize) -> (Vec<HubView>, usize) {
    let hubs = HUBS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let total = hubs.iter().filter(|one| one.strong_count() > 0).count();
    let shown = hubs.iter().filter_map(Weak::upgrade).take(most).map(|core| view(&core));
    (shown.collect(), total)
}

fn view(core: &Core) -> HubView {
    let (some, total) = core.some(LOOKED_AT);
    let mut topics: Vec<_> = some.iter().map(|(name, channel)| (name, channel.load())).collect();
    topics.sort_by_key(|&(name, load)| (Reverse((load.lag, load.subscribers)), name));
    topics.truncate(LISTED);
    let topics = topics.into_iter().map(|(name, load)| TopicView { name: log::field(name), load });
    HubView { name: core.settings().name, total, topics: topics.collect() }
}
