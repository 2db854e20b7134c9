use std::{net::SocketAddr, sync::Arc};

use super::Caller;
use crate::{log, metrics, mounted::Mounted, routing::Sighting};

/// A handshake that nobody has decided yet. Dropped undecided it is still told of: when the client goes away, or when a layer
/// gives up. Which of them it was, whoever stands around the layers knows.
pub(super) struct Undecided {
    endpoint: Arc<Mounted>,
    peer: Option<SocketAddr>,
    sighting: Option<Arc<Sighting>>,
    decided: bool,
    only_asks: bool,
}

impl Undecided {
    pub(super) fn new(endpoint: Arc<Mounted>, caller: &Caller, sighting: Option<Arc<Sighting>>) -> Self {
        Self { endpoint, peer: caller.peer, sighting, decided: false, only_asks: caller.only_asks }
    }

    /// From here on it is told of as what it was decided to be.
    pub(super) fn decided(mut self) {
        self.decided = true;
        if let Some(sighting) = &self.sighting {
            sighting.answered();
        }
    }
}

impl Drop for Undecided {
    fn drop(&mut self) {
        let is_left = || self.sighting.as_ref().is_some_and(|sighting| sighting.is_left_to_observer());
        if !self.decided && !is_left() && !self.only_asks {
            metrics::abandoned(self.endpoint.registered.route);
            log::abandoned(Some(self.endpoint.registered.name), self.peer);
        }
    }
}
