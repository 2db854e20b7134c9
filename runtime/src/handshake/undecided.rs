use std::{net::SocketAddr, sync::Arc};

use super::Caller;
use crate::{log, metrics, mounted::Mounted, routing::Sighting};

/// A handshake that is not decided yet. If it is dropped undecided, it is still reported: when the client leaves, or when a
/// layer gives up. The observer, outside of the layers, knows which of the two happened.
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

    /// From here on the decision is reported.
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
