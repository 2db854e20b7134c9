//! The shutdown of a server: its open connections, their notification, and the time to wait.

mod drain;
mod drained;
mod lifecycle;
mod requests;
mod signals;

use std::pin::Pin;

pub(crate) use drain::{LAST_WORDS, Unfinished, drain};
pub use drained::Drained;
pub(crate) use drained::after;
pub(crate) use lifecycle::Lifecycle;
pub(crate) use requests::{Busy, Requests, Work};
pub(crate) use signals::{came as signal_came, signal};

/// A future that stops a server.
pub(crate) type Shutdown = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Never: for a shutdown that nothing cuts short.
pub(crate) fn never() -> Shutdown {
    Box::pin(std::future::pending())
}

/// Whichever comes first.
pub(crate) fn either(one: Shutdown, other: Shutdown) -> Shutdown {
    Box::pin(async move {
        tokio::select! {
            () = one => {}
            () = other => {}
        }
    })
}
