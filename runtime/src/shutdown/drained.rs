use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::task::JoinHandle;

use super::{Lifecycle, Shutdown, drain, signal};

/// Completes when the server has been told to stop and its connections have ended, or when
/// [`Limits::shutdown_timeout`](crate::Limits::shutdown_timeout) is over and what was still open is cut off.
///
/// Returned by [`Checked::into_router_and_drained`](crate::Checked::into_router_and_drained). Draining
/// continues if this is dropped, and a second signal (Ctrl-C or SIGTERM) cuts it short. It is cancel safe: in
/// `tokio::select!`, pass `&mut drained`.
///
/// # Panics
///
/// If the future passed to [`Server::shutdown`](crate::Server::shutdown) panicked, or if it is polled again
/// after it has completed.
#[must_use = "if the program ends before this resolves, its WebSockets are cut off without a close frame"]
pub struct Drained(JoinHandle<()>);

impl Future for Drained {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match ready!(Pin::new(&mut self.0).poll(cx)) {
            // A runtime that shuts down has dropped every connection, which is the end as well.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            _ => Poll::Ready(()),
        }
    }
}

impl std::fmt::Debug for Drained {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drained").field("over", &self.0.is_finished()).finish()
    }
}

/// Begins to wait for a server with another listener.
pub(crate) fn after(shutdown: Shutdown, lifecycle: Lifecycle, limit: Duration) -> Drained {
    Drained(tokio::spawn(async move {
        shutdown.await;
        drain(&lifecycle, limit, signal()).await;
    }))
}
