use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::task::JoinHandle;

use super::{
    run::{self, Shutdown},
    signals::signal,
};
use crate::mounted::Lifecycle;

/// Ends when the server has been told to stop and its connections are over: all of them have ended, or
/// [`Limits::shutdown_timeout`](crate::Limits::shutdown_timeout) has, and what was left is cut off.
///
/// It comes from [`Checked::into_router_and_drained`](crate::Checked::into_router_and_drained). The draining does not depend on
/// it: it goes on when this is dropped, and a second signal (Ctrl-C or SIGTERM) cuts it short. Waiting is cancel safe: in
/// `tokio::select!` give it as `&mut drained`.
///
/// # Panics
///
/// With the panic of the future that was given to [`Server::shutdown`](crate::Server::shutdown); and when it is polled again
/// after it has ended.
#[must_use = "a program that ends before this does cuts its WebSockets off without a close frame"]
pub struct Drained(JoinHandle<()>);

impl Future for Drained {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match ready!(Pin::new(&mut self.0).poll(cx)) {
            // A runtime that shuts down has dropped every connection: that is the end, too.
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

/// Begins to wait for the end of a server that listens elsewhere.
pub(super) fn after(shutdown: Shutdown, lifecycle: Lifecycle, limit: Duration) -> Drained {
    Drained(tokio::spawn(async move {
        shutdown.await;
        run::drain(&lifecycle, limit, signal()).await;
    }))
}
