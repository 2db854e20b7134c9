//! Detects threads of the runtime that are blocked, and the handler that blocks one. It runs on its own thread: the timers of a blocked runtime do not fire.

mod chores;
mod server;
mod slots;
mod thread;

use std::time::Duration;

pub(crate) use self::{
    chores::Chores,
    server::{Ending, Watched},
    slots::{current, polled, subject},
    thread::watch,
};
use crate::limits::finite;

/// What happens when a handler blocks a thread of the runtime.
///
/// A handler shares its thread with many others: while it computes for a long time, sleeps with
/// `std::thread::sleep`, or waits for a lock or a file, none of them can run. Sockeye checks ten times a second
/// from its own thread, and logs `blocked_thread` with the endpoint and the peer, once for each time. Where Sockeye listens, it also logs
/// that something else blocks a thread, such as a route, a layer or a health check, without its name. If the
/// runtime has more threads, one of them is woken up to take over the work of the others, since the blocked
/// thread may have been polling the network for all. Code in `tokio::task::block_in_place` or `spawn_blocking`
/// is not reported.
///
/// While threads are blocked, timers may not fire, not even that of
/// [`Limits::shutdown_timeout`](crate::Limits::shutdown_timeout). So if [`Server::serve`](crate::Server::serve)
/// or [`Checked::serve_on`](crate::Checked::serve_on) is told to stop, and a handler, or something else that keeps it from returning, still blocks its thread a
/// second after that timeout, the process exits with status 1 and a line on standard error that names the
/// endpoint. The same holds if the server has returned, and a handler, a route, a layer or a health check of it
/// keeps the runtime from being dropped. [`end_process(false)`](Self::end_process) turns this off.
///
/// ```
/// use std::time::Duration;
/// use sockeye::{Server, Watchdog};
///
/// let patient = Watchdog::after(Duration::from_secs(5)).end_process(false);
/// let server = Server::new().watchdog(patient);
/// # let _ = server;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watchdog {
    /// `None`: nothing is watched.
    bound: Option<Duration>,
    ends_process: bool,
}

impl Watchdog {
    /// Logs handlers that block their thread for this long, in steps of 100 ms. The process exits if they keep
    /// it from stopping.
    pub const fn after(time: Duration) -> Self {
        Self { bound: Some(finite(time)), ends_process: true }
    }

    /// No watchdog: a blocked thread is not logged, and can keep the server from stopping for as long as it is
    /// blocked.
    pub const fn off() -> Self {
        Self { bound: None, ends_process: false }
    }

    /// Whether the process exits when a blocked handler keeps the server from stopping in time. Otherwise the
    /// process runs until the handler returns, or until it is killed.
    #[must_use]
    pub const fn end_process(mut self, end: bool) -> Self {
        self.ends_process = end;
        self
    }
}

impl Default for Watchdog {
    /// Logs after 1 s, and ends the process.
    fn default() -> Self {
        Self::after(Duration::from_secs(1))
    }
}
