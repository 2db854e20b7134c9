//! What an HTTP connection is busy with, so that a client that asks for nothing can be told from one that waits.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

use super::beginning::Beginning;
use crate::shutdown::{Busy, Requests, Work};

/// One HTTP connection, from the first byte of the client on, which may never come.
#[derive(Debug, Clone, Default)]
pub(super) struct Visit(Arc<State>);

/// Counters and flags are relaxed: each is a fact for itself, and whoever must act on one is notified after it is set.
#[derive(Debug, Default)]
struct State {
    work: Arc<Work>,
    /// From the first request on, hyper itself watches HTTP/1.1: between two requests, and within a head.
    is_http1: AtomicBool,
    /// The connection is none of HTTP's any more: it has ended, or become a WebSocket.
    is_over: AtomicBool,
    /// Bytes of responses over HTTP/2 that have been written.
    written: AtomicU64,
    /// How often the transport did not take what was to be written, and whether it is so now.
    blocks: AtomicU64,
    is_blocked: AtomicBool,
    /// From when on new requests do not keep the connection: its client has been told to make no more of them.
    last_call: OnceLock<Instant>,
    /// The client has ended its side, or h2 has said that the connection ends.
    has_parted: AtomicBool,
    /// The first bytes that have come.
    beginning: Mutex<Beginning>,
    /// Nothing goes on: the client does not take what it is sent.
    is_stalled: AtomicBool,
    ending: Notify,
}

impl Visit {
    pub(super) fn new(requests: Requests) -> Self {
        Self(Arc::new(State { work: Arc::new(Work::new(requests)), ..State::default() }))
    }

    /// A request has come.
    pub(super) fn begin(&self, version: http::Version) -> Arc<Busy> {
        self.0.is_http1.store(version < http::Version::HTTP_2, Ordering::Relaxed);
        let keeps_connection = self.0.last_call.get().is_none_or(|last_call| Instant::now() < *last_call);
        self.0.work.begin(keeps_connection)
    }

    pub(super) fn has_sockets(&self) -> bool {
        self.0.work.has_sockets()
    }

    /// What the client began with.
    pub(super) fn beginning(&self) -> Beginning {
        *self.0.beginning.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client begins; what it began with so far comes back.
    pub(super) fn hear(&self, bytes: &[u8]) -> Beginning {
        let mut beginning = self.0.beginning.lock().unwrap_or_else(PoisonError::into_inner);
        beginning.hear(bytes);
        *beginning
    }

    /// HTTP has nothing more to do with the connection.
    pub(super) fn end(&self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }

    /// The end of an HTTP/2 connection has shown on the wire.
    pub(super) fn parted(&self) {
        self.0.has_parted.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_parted(&self) -> bool {
        self.0.has_parted.load(Ordering::Relaxed)
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.is_over.load(Ordering::Relaxed)
    }

    pub(super) fn wrote(&self, bytes: usize) {
        self.0.written.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn written(&self) -> u64 {
        self.0.written.load(Ordering::Relaxed)
    }

    pub(super) fn blocked(&self) {
        self.0.blocks.fetch_add(1, Ordering::Relaxed);
        self.0.is_blocked.store(true, Ordering::Relaxed);
    }

    pub(super) fn unblocked(&self) {
        self.0.is_blocked.store(false, Ordering::Relaxed);
    }

    pub(super) fn blocks(&self) -> u64 {
        self.0.blocks.load(Ordering::Relaxed)
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.0.is_blocked.load(Ordering::Relaxed)
    }

    /// A stream was given up; the others may go on, and no new ones are taken.
    pub(super) fn slow(&self) {
        // Once is enough, and more would start the time anew in which the connection must be idle.
        if self.0.last_call.get().is_none() {
            self.0.ending.notify_one();
        }
    }

    /// The client is told to ask for nothing more, and has so long to understand it.
    pub(super) fn leave_within(&self, time: Duration) {
        self.0.last_call.get_or_init(|| Instant::now() + time);
    }

    /// The whole connection is given up.
    pub(super) fn stalled(&self) {
        self.0.is_stalled.store(true, Ordering::Relaxed);
        self.0.ending.notify_one();
    }

    pub(super) fn is_stalled(&self) -> bool {
        self.0.is_stalled.load(Ordering::Relaxed)
    }

    /// Comes to an end when the client was found to be slow, or slower than before.
    pub(super) async fn given_up(&self) {
        self.0.ending.notified().await;
    }

    /// Comes to an end when there was nothing to do for that long. hyper has no such deadline before it knows which version
    /// of HTTP is spoken, and none at all for HTTP/2.
    pub(super) async fn idle(&self, limit: Duration) {
        loop {
            let changed = self.0.work.changed();
            if self.0.is_http1.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            } else if self.0.work.is_busy() {
                changed.await;
            } else if timeout(limit, changed).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Version;

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_silent_connection_is_idle_and_a_busy_one_is_not() {
        let visit = Visit::default();
        let begun = Instant::now();
        visit.idle(LIMIT).await;
        assert_eq!(begun.elapsed(), LIMIT);

        let busy = visit.begin(Version::HTTP_2);
        assert!(timeout(LIMIT * 100, visit.idle(LIMIT)).await.is_err());
        drop(busy);
        let begun = Instant::now();
        visit.idle(LIMIT).await;
        assert_eq!(begun.elapsed(), LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn http_1_is_left_to_hyper() {
        let visit = Visit::default();
        drop(visit.begin(Version::HTTP_11));
        assert!(timeout(LIMIT * 100, visit.idle(LIMIT)).await.is_err());
    }
}
