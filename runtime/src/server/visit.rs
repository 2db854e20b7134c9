//! What an HTTP connection is busy with, so that a client that asks for nothing can be told from one that waits.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

#[cfg(feature = "testing")]
use tokio::sync::futures::Notified;
use tokio::{sync::Notify, time::timeout};

/// How many requests the whole server is busy with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Requests(Arc<Answering>);

#[derive(Debug, Default)]
struct Answering {
    number: AtomicUsize,
    answered: Notify,
}

/// One HTTP connection, from the first byte of the client on, which may never come.
#[derive(Debug, Clone, Default)]
pub(super) struct Visit(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// How many requests are being answered, and how many WebSockets of HTTP/2 are open.
    busy: AtomicUsize,
    /// From the first request on, hyper itself watches HTTP/1.1: between two requests, and within a head.
    is_http1: AtomicBool,
    changed: Notify,
    requests: Requests,
}

/// Something that a connection is busy with, until it is dropped.
#[derive(Debug)]
pub(crate) struct Busy(Arc<State>);

impl Requests {
    fn begin(&self) {
        self.0.number.fetch_add(1, Ordering::SeqCst);
    }

    fn end(&self) {
        self.0.number.fetch_sub(1, Ordering::SeqCst);
        self.0.answered.notify_waiters();
    }
}

#[cfg(feature = "testing")]
impl Requests {
    pub(crate) fn number(&self) -> usize {
        self.0.number.load(Ordering::SeqCst)
    }

    /// Ends when one is answered from now on.
    pub(crate) fn answered(&self) -> Notified<'_> {
        self.0.answered.notified()
    }
}

impl Visit {
    pub(super) fn new(requests: Requests) -> Self {
        Self(Arc::new(State { requests, ..State::default() }))
    }

    /// A request has come.
    pub(super) fn begin(&self, version: http::Version) -> Arc<Busy> {
        self.0.is_http1.store(version < http::Version::HTTP_2, Ordering::Relaxed);
        self.0.busy.fetch_add(1, Ordering::Relaxed);
        self.0.requests.begin();
        self.0.changed.notify_one();
        Arc::new(Busy(Arc::clone(&self.0)))
    }

    /// Comes to an end when there was nothing to do for that long. hyper has no such deadline before it knows which version
    /// of HTTP is spoken, and none at all for HTTP/2.
    pub(super) async fn idle(&self, limit: Duration) {
        loop {
            let changed = self.0.changed.notified();
            if self.0.is_http1.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            } else if self.0.busy.load(Ordering::Relaxed) > 0 {
                changed.await;
            } else if timeout(limit, changed).await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if self.0.busy.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.changed.notify_one();
        }
        self.0.requests.end();
    }
}

#[cfg(test)]
mod tests {
    use http::Version;
    use tokio::time::Instant;

    use super::*;

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
