//! Finds threads of the runtime that a handler blocks. It runs on a thread of its own: a timer of a blocked runtime does not ring.

mod server;
mod slots;
mod thread;

use std::time::Duration;

pub(crate) use self::{
    server::{Ending, Watched},
    slots::{current, polled, subject},
    thread::watch,
};
use crate::limits::finite;

/// What is done about a handler that blocks a thread of the runtime.
///
/// A handler shares its thread with many others: while it computes for long, sleeps with `std::thread::sleep` or waits for a lock
/// or a file, none of them goes on. Sockeye looks from a thread of its own, ten times a second, and logs `blocked_thread` with the
/// endpoint and the peer, once for each time. Where the runtime has more
/// threads, one of them is woken up to go on with the others' work: the blocked one may have been waiting for the network for all. What a handler does
/// in `tokio::task::block_in_place` or `spawn_blocking` is left alone.
///
/// While threads are blocked, no timer may ring, not even that of [`Limits::shutdown_timeout`](crate::Limits::shutdown_timeout). So
/// where [`Server::serve`](crate::Server::serve) or [`Checked::serve_on`](crate::Checked::serve_on) was told to stop and a blocked handler
/// is still there a second after that time, the process is ended with status 1 and a line on standard error that names the endpoint.
/// [`end_process(false)`](Self::end_process) turns that off.
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
    /// Logs handlers that keep their thread for this long, in steps of 100 ms; the process is ended when they keep it from stopping.
    pub const fn after(time: Duration) -> Self {
        Self { bound: Some(finite(time)), ends_process: true }
    }

    /// No watchdog: a blocked thread is not in the log, and can keep the server from stopping for as long as it is blocked.
    pub const fn off() -> Self {
        Self { bound: None, ends_process: false }
    }

    /// Whether the process is ended when a blocked handler keeps the server from stopping in time. Without it such a process goes on
    /// until the handler does, or until it is killed.
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
