//! An endpoint as it is served: registered facts, resolved types, and the settings in force.

use std::sync::Arc;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Heartbeat, Limits, Origins,
    connection::Registry,
    endpoint::{Call, Needed, Registered},
    limiter::Counts,
    state::States,
};

/// Everything that a request to one endpoint needs.
pub(crate) struct Mounted {
    pub(crate) registered: &'static Registered,
    pub(crate) needs: Vec<Needed>,
    pub(crate) call: Arc<Call>,
    pub(crate) states: Arc<States>,
    pub(crate) settings: Settings,
    pub(crate) lifecycle: Lifecycle,
}

/// The settings in force for one endpoint: its own options over the server's.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) origins: Arc<Origins>,
    pub(crate) limits: Limits,
    pub(crate) heartbeat: Heartbeat,
}

/// How the server's end reaches every connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lifecycle {
    /// Cancelled when the server begins to stop.
    pub(crate) stopping: CancellationToken,
    /// What is open, against the limits.
    pub(crate) counts: Counts,
    /// Every accepted WebSocket.
    pub(crate) connections: Registry,
    /// Every task: HTTP connections, accepted WebSockets, handlers that have something left to do.
    pub(crate) tasks: TaskTracker,
}

impl Lifecycle {
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// No new handshakes from here on, and 1001 to every socket.
    pub(crate) fn stop(&self) {
        self.stopping.cancel();
        self.connections.stop();
    }
}
