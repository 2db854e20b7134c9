//! A request body that a handler waits for, and the deadline of its client.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};

use super::pace;

/// The fate of a request's body, for the code that answers the request.
#[derive(Debug, Clone, Default)]
pub(super) struct Debt(Arc<State>);

/// Relaxed: each is an independent hint. The code that answers has polled the body before, in the same task, or does not depend on
/// it.
#[derive(Debug, Default)]
struct State {
    is_overdue: AtomicBool,
    is_remitted: AtomicBool,
}

/// A body that fails if its client sends almost nothing while a handler waits for it.
struct Owed {
    body: Incoming,
    debt: Debt,
    limit: Duration,
    /// How long a handler has waited since enough bytes last arrived.
    waited: Duration,
    since: Option<Instant>,
    deadline: Option<Pin<Box<Sleep>>>,
    received: usize,
}

impl Debt {
    /// The body, which can now become overdue; a complete one cannot.
    pub(super) fn collect(&self, body: Incoming, limit: Duration) -> Body {
        if body.is_end_stream() {
            return Body::new(body);
        }
        let debt = self.clone();
        Body::new(Owed {
            body,
            debt,
            limit,
            waited: Duration::ZERO,
            since: None,
            deadline: None,
            received: 0,
        })
    }

    /// Whether a handler waited for the body in vain.
    pub(super) fn is_overdue(&self) -> bool {
        self.0.is_overdue.load(Ordering::Relaxed)
    }

    /// From here on the client may take its time: the response has begun, and both sides may be streaming.
    pub(super) fn remit(&self) {
        self.0.is_remitted.store(true, Ordering::Relaxed);
    }
}

impl Owed {
    /// Data has arrived: the wait ends, and is reset if it was enough.
    fn received(&mut self, bytes: usize) {
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
        self.deadline = None;
        self.received += bytes;
        if self.received >= pace::least(self.limit) {
            (self.received, self.waited) = (0, Duration::ZERO);
        }
    }

    /// No data has arrived: ready if that has been so for too long.
    fn poll_overdue(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.since.get_or_insert_with(Instant::now);
        let left = self.limit.saturating_sub(self.waited);
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(left)));
        deadline.as_mut().poll(cx)
    }
}

impl http_body::Body for Owed {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
            self.received(data.map_or(0, Bytes::len));
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        if self.debt.0.is_remitted.load(Ordering::Relaxed) || self.poll_overdue(cx).is_pending() {
            return Poll::Pending;
        }
        self.debt.0.is_overdue.store(true, Ordering::Relaxed);
        let words = format!("the client has sent almost nothing of the body for {:?}", self.limit);
        Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, words).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
