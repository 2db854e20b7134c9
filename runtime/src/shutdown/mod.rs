//! How a server ends: what is open, who is told, and how long it is waited for.

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

/// What ends a server.
pub(crate) type Shutdown = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Nothing: for an end that nothing cuts short.
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
