//! What is open, and the signals that end it.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::Requests;
use crate::{connection::Registry, limiter::Counts, log::Flood};

/// How the server's end reaches every connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lifecycle {
    /// How long the health route says that the server is about to stop, before it begins to.
    pub(crate) notice: Duration,
    /// Cancelled when the server is told to stop.
    told: CancellationToken,
    /// Cancelled when the server begins to stop.
    pub(crate) stopping: CancellationToken,
    /// Cancelled when the time to drain is over: no handler goes on.
    pub(crate) cut: CancellationToken,
    /// Cancelled at the very end: nothing goes on.
    severed: CancellationToken,
    /// The port that Sockeye itself listens on, once it does. Written once, before the first connection is accepted.
    port: Arc<OnceLock<u16>>,
    /// What is open, against the limits.
    pub(crate) counts: Counts,
    /// What is being answered, the user's own routes included. Counted where Sockeye listens itself.
    pub(crate) requests: Requests,
    /// Every handler, with its connection.
    pub(crate) connections: Registry,
    /// What clients were logged for lately.
    pub(crate) flood: Arc<Flood>,
    /// Every task: HTTP connections, accepted WebSockets, handlers that have something left to do.
    pub(crate) tasks: TaskTracker,
}

impl Lifecycle {
    pub(crate) fn new(notice: Duration, trusted_proxies: usize) -> Self {
        Self { notice, flood: Arc::new(Flood::new(trusted_proxies)), ..Self::default() }
    }

    pub(crate) fn listens_on(&self, port: Option<u16>) {
        if let Some(port) = port {
            // A server listens once.
            let _ = self.port.set(port);
        }
    }

    /// The port that is listened on; `None` where somebody else listens.
    pub(crate) fn port(&self) -> Option<u16> {
        self.port.get().copied()
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Whether the end is near: the health route says so.
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

    /// No new handshakes from here on, and what is accepted nevertheless is closed with 1001.
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

    /// Ends whatever is left, requests to the user's own routes included.
    pub(crate) fn sever(&self) {
        self.severed.cancel();
    }

    /// Runs a task until it ends or everything does.
    pub(crate) fn until_severed<F: Future<Output = ()>>(&self, task: F) -> impl Future<Output = ()> + use<F> {
        let severed = self.severed.clone();
        async move {
            severed.run_until_cancelled(task).await;
        }
    }
}
