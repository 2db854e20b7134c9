//! Tracks the data in transit to the client in one HTTP/2 stream.
//!
//! A client of HTTP/2 limits each stream, and can stop one while the transport still takes data. So each piece of a
//! response counts as outstanding from the moment when hyper has it until it is written.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Bytes;
use bytes::Buf;
use futures_util::task::AtomicWaker;
use hyper::rt::Executor;
use tokio::{sync::Notify, time::sleep};

use super::{pace, visit::Visit};
use crate::shutdown::Busy;

/// How often in a row a stream may miss its deadline as long as the connection makes progress: streams share the connection,
/// and a slow line serves one after the other.
const TURNS: u32 = 6;

tokio::task_local! {
    /// The delivery of the stream that the current task runs.
    static DELIVERY: Arc<Delivery>;
}

/// The response of one stream.
///
/// All counters are relaxed: each is independent, and a stale value is read again after the next notification or deadline.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    outstanding: AtomicUsize,
    written: AtomicU64,
    /// How often nothing was outstanding any more.
    emptied: AtomicU64,
    begun: Notify,
    /// The body, which waits until everything is written.
    waiting: AtomicWaker,
    visit: OnceLock<Visit>,
    /// Keeps the connection busy until the last piece is written.
    busy: OnceLock<Arc<Busy>>,
}

/// The progress up to a moment.
#[derive(Clone, Copy)]
struct Progress {
    here: u64,
    emptied: u64,
    on_connection: u64,
    blocks: u64,
}

impl Delivery {
    /// The stream whose task calls this; `None` outside of HTTP/2.
    pub(super) fn current(visit: &Visit, busy: Arc<Busy>) -> Option<Arc<Self>> {
        let delivery = DELIVERY.try_with(Arc::clone).ok()?;
        // A stream has only one response.
        let _once = (delivery.visit.set(visit.clone()), delivery.busy.set(busy));
        Some(delivery)
    }

    /// A piece is passed to hyper.
    pub(super) fn begin(self: &Arc<Self>, bytes: Bytes) -> Piece {
        if self.outstanding.fetch_add(bytes.len(), Ordering::Relaxed) == 0 {
            self.begun.notify_one();
        }
        Piece { bytes, delivery: Some(Arc::clone(self)) }
    }

    /// Ready when everything that was passed is written or dropped.
    pub(super) fn poll_empty(&self, cx: &Context<'_>) -> Poll<()> {
        self.waiting.register(cx.waker());
        if self.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.outstanding.load(Ordering::Relaxed) == 0
    }

    fn moved(&self, bytes: usize, written: bool) {
        if written {
            self.written.fetch_add(bytes as u64, Ordering::Relaxed);
            if let Some(visit) = self.visit.get() {
                visit.wrote(bytes);
            }
        }
        if self.outstanding.fetch_sub(bytes, Ordering::Relaxed) == bytes {
            self.emptied.fetch_add(1, Ordering::Relaxed);
            self.waiting.wake();
        }
    }

    /// Completes when the client has taken too little of the outstanding data.
    async fn stalled(&self, limit: Duration) {
        let mut turns = TURNS;
        loop {
            while self.is_empty() {
                self.begun.notified().await;
            }
            let before = self.progress();
            sleep(limit).await;
            match self.missed(before, limit) {
                Missed::Nothing => turns = TURNS,
                Missed::Turn if turns > 1 => turns -= 1,
                Missed::Turn | Missed::All => return,
            }
        }
    }

    fn progress(&self) -> Progress {
        let visit = self.visit.get();
        Progress {
            here: self.written.load(Ordering::Relaxed),
            emptied: self.emptied.load(Ordering::Relaxed),
            on_connection: visit.map_or(0, Visit::written),
            blocks: visit.map_or(0, Visit::blocks),
        }
    }

    fn missed(&self, before: Progress, limit: Duration) -> Missed {
        let (now, least) = (self.progress(), pace::least(limit) as u64);
        // If the transport itself was full, its own deadline applies.
        let transport = now.blocks != before.blocks || self.visit.get().is_some_and(Visit::is_blocked);
        if transport || now.emptied != before.emptied || now.here - before.here >= least {
            Missed::Nothing
        } else if now.on_connection - before.on_connection >= least {
            Missed::Turn
        } else {
            Missed::All
        }
    }
}

/// The result of one period for a stream.
enum Missed {
    Nothing,
    Turn,
    All,
}

/// A piece of a response, which records when it is written.
#[derive(Debug)]
pub(super) struct Piece {
    bytes: Bytes,
    delivery: Option<Arc<Delivery>>,
}

impl Piece {
    /// A piece that is not tracked.
    pub(super) fn plain(bytes: Bytes) -> Self {
        Self { bytes, delivery: None }
    }

    fn moved(&self, bytes: usize, written: bool) {
        if bytes > 0
            && let Some(delivery) = &self.delivery
        {
            delivery.moved(bytes, written);
        }
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, bytes: usize) {
        self.bytes.advance(bytes);
        self.moved(bytes, true);
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.moved(self.bytes.len(), false);
    }
}

/// Runs the streams of HTTP/2, each in its own task, as long as its client takes the data.
#[derive(Debug, Clone)]
pub(super) struct Streams {
    pub(super) limit: Duration,
}

impl<F> Executor<F> for Streams
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        tokio::spawn(deliver(stream, self.limit));
    }
}

async fn deliver(stream: impl Future, limit: Duration) {
    let delivery = Arc::<Delivery>::default();
    {
        let stream = DELIVERY.scope(Arc::clone(&delivery), stream);
        tokio::select! {
            _ = stream => {}
            // Dropping the stream resets it; the rest of the connection continues.
            () = delivery.stalled(limit) => return delivery.visit.get().map_or((), Visit::slow),
        }
    }
    // Its end is queued after the rest, and it cannot be reset any more.
    let empty = std::future::poll_fn(|cx| delivery.poll_empty(cx));
    tokio::select! {
        () = empty => {}
        () = delivery.stalled(limit) => delivery.visit.get().map_or((), Visit::stalled),
    }
}
