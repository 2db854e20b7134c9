//! The subscribers of one process, and the events that they get.

use std::{
    io, mem,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use sockeye::{Event, Hub, Subscription, Topic};
use tokio::{sync::Notify, task::JoinSet, time::timeout};

/// The topic of all events.
pub(crate) const TOPIC: &str = "numbers";

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The digits that an event begins with: when it was published, in nanoseconds, or 0 if nobody should look.
const DIGITS: usize = 20;

/// An event of 128 bytes as JSON.
pub(crate) fn publish(topic: &Topic<String>, is_timed: bool) -> io::Result<()> {
    let time = if is_timed { now() } else { 0 };
    let event = format!("{time:0DIGITS$}{:.<106}", "");
    topic.publish(&event).map(drop).map_err(|error| io::Error::other(error.into_boxed()))
}

fn now() -> u64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(time.as_nanos()).unwrap_or_default()
}

/// Ends with an error when it takes too long: an event was lost.
pub(crate) async fn patiently<T>(future: impl Future<Output = T>) -> io::Result<T> {
    timeout(PATIENCE, future).await.map_err(io::Error::other)
}

/// Runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Subscribers {
    seen: Arc<Seen>,
    _tasks: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Seen {
    taken: AtomicU64,
    /// The number of taken events at which somebody wants to know.
    awaited: AtomicU64,
    reached: Notify,
    latencies: Mutex<Vec<u64>>,
}

impl Subscribers {
    /// All of them are confirmed when it returns.
    pub(crate) async fn start(hub: &Hub<String>, number: u64) -> io::Result<Self> {
        let (seen, mut tasks) = (Arc::new(Seen::default()), JoinSet::new());
        for _ in 0..number {
            let mut feed = hub.topic(TOPIC).subscribe();
            patiently(feed.confirmed()).await?;
            tasks.spawn(take(feed, Arc::clone(&seen)));
        }
        Ok(Self { seen, _tasks: tasks })
    }

    /// Waits until they have taken so many events, all together and since the start.
    pub(crate) async fn until(&self, events: u64) -> io::Result<()> {
        self.seen.awaited.store(events, Ordering::SeqCst);
        while self.seen.taken.load(Ordering::SeqCst) < events {
            patiently(self.seen.reached.notified()).await?;
        }
        Ok(())
    }

    /// The latencies in nanoseconds since the last call.
    pub(crate) fn latencies(&self) -> Vec<u64> {
        mem::take(&mut self.seen.latencies.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn take(mut feed: Subscription<String>, seen: Arc<Seen>) {
    // It ends with the hub.
    while let Ok(event) = feed.next().await {
        if let Some(latency) = latency(&event) {
            seen.latencies.lock().unwrap_or_else(PoisonError::into_inner).push(latency);
        }
        if seen.taken.fetch_add(1, Ordering::SeqCst) + 1 == seen.awaited.load(Ordering::SeqCst) {
            seen.reached.notify_one();
        }
    }
}

/// From `publish` until now.
fn latency(event: &Event<String>) -> Option<u64> {
    // Behind the quotation mark of JSON.
    let published = event.message().as_text()?.get(1..=DIGITS)?.parse().ok().filter(|&time| time > 0)?;
    Some(now().saturating_sub(published))
}
