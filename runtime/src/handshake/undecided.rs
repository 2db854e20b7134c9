use std::{net::SocketAddr, sync::Arc};

use crate::{log, metrics, mounted::Mounted};

/// A handshake that nobody has decided yet. Dropped undecided, which comes with a client that goes away, it is still told of.
pub(super) struct Undecided {
    endpoint: Arc<Mounted>,
    peer: Option<SocketAddr>,
    decided: bool,
}

impl Undecided {
    pub(super) fn new(endpoint: Arc<Mounted>, peer: Option<SocketAddr>) -> Self {
        Self { endpoint, peer, decided: false }
    }

    /// From here on it is told of as what it was decided to be.
    pub(super) fn decided(mut self) {
        self.decided = true;
    }
}

impl Drop for Undecided {
    fn drop(&mut self) {
        if !self.decided {
            metrics::abandoned(self.endpoint.registered.route);
            log::abandoned(self.endpoint.registered.name, self.peer);
        }
    }
}
