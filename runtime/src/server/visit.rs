//! Tracks the activity of an HTTP connection, to distinguish an idle client from one that waits.

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

/// One HTTP connection, from before the client's first byte.
#[derive(Debug, Clone, Default)]
pub(super) struct Visit(Arc<State>);

/// Counters and flags are relaxed: each is independent, and code that must react is notified after it is set.
#[derive(Debug, Default)]
struct State {
    work: Arc<Work>,
    /// From the first request on, hyper itself has deadlines for HTTP/1.1: between two requests, and within a head.
    is_http1: AtomicBool,
    /// The connection is no longer HTTP: it has ended, or become a WebSocket.
    is_over: AtomicBool,
    /// Bytes of responses over HTTP/2 that have been written.
    written: AtomicU64,
    /// How often the transport did not accept data, and whether it does now.
    blocks: AtomicU64,
    is_blocked: AtomicBool,
    /// From when on new requests do not keep the connection alive: its client has been told to send no more.
    last_call: OnceLock<Instant>,
    /// The client has closed its side, or h2 has announced the end of the connection.
    has_parted: AtomicBool,
    /// The first bytes that have come.
    beginning: Mutex<Beginning>,
    /// No progress: the client does not read.
    is_stalled: AtomicBool,
    ending: Notify,
}

impl Visit {
    pub(super) fn new(requests: Requests) -> Self {
        Self(Arc::new(State { work: Arc::new(Work::new(requests)), ..State::default() }))
    }

    /// A request has arrived.
    pub(super) fn begin(&self, version: http::Version) -> Arc<Busy> {
        self.0.is_http1.store(version < http::Version::HTTP_2, Ordering::Relaxed);
        let keeps_connection = self.0.last_call.get().is_none_or(|last_call| Instant::now() < *last_call);
        self.0.work.begin(keeps_connection)
    }

    pub(super) fn has_sockets(&self) -> bool {
        self.0.work.has_sockets()
    }

    /// The client's first bytes.
    pub(super) fn beginning(&self) -> Beginning {
        *self.0.beginning.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records bytes from the client; returns its first bytes so far.
    pub(super) fn hear(&self, bytes: &[u8]) -> Beginning {
        let mut beginning = self.0.beginning.lock().unwrap_or_else(PoisonError::into_inner);
        beginning.hear(bytes);
        *beginning
    }

    /// The connection is finished as far as HTTP is concerned.
    pub(super) fn end(&self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }

    /// The end of an HTTP/2 connection was announced to the client.
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

    /// A stream was given up; the others may continue, and no new ones are accepted.
    pub(super) fn slow(&self) {
        // Once is enough; again would restart the time for which the connection must be idle.
        if self.0.last_call.get().is_none() {
            self.0.ending.notify_one();
        }
    }

    /// The client is told to send no more requests, and has this long to receive that.
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

    /// Completes when the client was found to be slow, or slower than before.
    pub(super) async fn given_up(&self) {
        self.0.ending.notified().await;
    }

    /// Completes when there was no activity for that long. hyper has no such deadline before it knows the version of HTTP,
    /// and none for HTTP/2.
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
