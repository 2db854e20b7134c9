//! The open connections of a server, and the tokens that end them.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::Requests;
use crate::{connection::Registry, console::Tap, limiter::Counts, log::Flood, watchdog::Chores};

/// Notifies every connection of a shutdown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lifecycle {
    /// How long the health route announces the shutdown before it begins.
    pub(crate) notice: Duration,
    /// Cancelled when the server is told to stop.
    told: CancellationToken,
    /// Cancelled when the server begins to stop.
    pub(crate) stopping: CancellationToken,
    /// Cancelled when the time to drain is over: no handler continues.
    pub(crate) cut: CancellationToken,
    /// Cancelled at the very end: nothing continues.
    severed: CancellationToken,
    /// The port of Sockeye's own listener, once it listens. Written once, before the first connection is accepted.
    port: Arc<OnceLock<u16>>,
    /// Whether a handshake without the address of its peer is yet to be reported. Relaxed: it concerns no other memory.
    expects_addresses: Arc<AtomicBool>,
    /// The numbers of open connections, with their limits.
    pub(crate) counts: Counts,
    /// The requests in progress, including the user's own routes. Counted only with Sockeye's own listener.
    pub(crate) requests: Requests,
    /// Every handler, with its connection.
    pub(crate) connections: Registry,
    /// The recent log events of clients.
    pub(crate) flood: Arc<Flood>,
    /// Every task: HTTP connections, accepted WebSockets, lingering handlers.
    pub(crate) tasks: TaskTracker,
    /// What the watchdog sees of the tasks that are no handlers.
    pub(crate) chores: Chores,
}

impl Lifecycle {
    pub(crate) fn new(notice: Duration, trusted_proxies: usize, tap: Tap, connections: Registry) -> Self {
        Self { notice, flood: Arc::new(Flood::new(trusted_proxies, tap)), connections, ..Self::default() }
    }

    pub(crate) fn listens_on(&self, port: Option<u16>) {
        if let Some(port) = port {
            // A server listens only once.
            let _ = self.port.set(port);
        }
    }

    /// The port of the listener; `None` with another listener.
    pub(crate) fn port(&self) -> Option<u16> {
        self.port.get().copied()
    }

    /// The listener is not Sockeye's, and is to provide the addresses of the peers.
    pub(crate) fn expects_addresses(&self) {
        self.expects_addresses.store(true, Ordering::Relaxed);
    }

    /// Whether this is the first handshake without an address where one is expected.
    pub(crate) fn misses_first_address(&self) -> bool {
        self.expects_addresses.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Whether the shutdown is announced: the health route says so.
    pub(crate) fn is_told(&self) -> bool {
        self.told.is_cancelled()
    }

    /// Cancelled when the server is told to stop.
    pub(crate) fn told(&self) -> CancellationToken {
        self.told.clone()
    }

    pub(crate) fn tell(&self) {
        self.told.cancel();
    }

    /// New handshakes are refused from here on, and any that are still accepted are closed with 1001.
    pub(crate) fn stop(&self) {
        self.stopping.cancel();
        self.connections.close();
        self.tasks.close();
    }

    /// Ends every handler.
    pub(crate) fn cut(&self) {
        self.stop();
        self.cut.cancel();
        self.connections.cut();
    }

    /// Ends the rest, including requests to the user's own routes.
    pub(crate) fn sever(&self) {
        self.severed.cancel();
    }

    /// Runs a task until it ends or the server does.
    pub(crate) fn until_severed<F: Future<Output = ()>>(&self, task: F) -> impl Future<Output = ()> + use<F> {
        let severed = self.severed.clone();
        async move {
            severed.run_until_cancelled(task).await;
        }
    }
}
