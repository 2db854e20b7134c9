use std::{
    fmt,
    sync::{Arc, Weak},
};

use bytes::Bytes;

use super::{core::Core, remote::Remote};

/// The way into a [`Hub`](crate::Hub): what a [`Backplane`](crate::Backplane) says of the connection, and what the broker brings.
/// A clone is the same way in.
///
/// It does not keep the hub alive: when that is gone [`deliver`](Self::deliver) says so.
#[derive(Clone)]
pub struct Inlet {
    remote: Arc<Remote>,
    core: Weak<Core>,
}

impl Inlet {
    pub(super) fn new(remote: &Arc<Remote>, core: Weak<Core>) -> Self {
        Self { remote: Arc::clone(remote), core }
    }

    /// Says that the connection is there, and knows nothing yet: every topic that is wanted is ordered from the [`Outlet`](super::Outlet)
    /// again. Call it when orders that a former connection did not confirm are dropped.
    pub fn connected(&self) {
        self.remote.connected();
    }

    /// Says that the connection is lost, and why. It is logged once as `backplane_lost`; subscribers are told
    /// ([`Event::lost`](crate::Event::lost)), and what is published until `connected` is not queued but counted as lost.
    pub fn lost(&self, reason: impl fmt::Display) {
        self.remote.lost(&reason.to_string());
    }

    /// Hands what the broker has brought to the subscribers of the topic on this machine. Never waits. `false` means that the hub is
    /// gone, and the work is done.
    ///
    /// What this hub has published itself, and what has been here already, is left out; what should have come before it
    /// and has not is counted. What was published by another program, in whatever language, is an event like others, without a
    /// number: a text where it is valid UTF-8, else binary.
    pub fn deliver(&self, topic: &str, packet: impl Into<Bytes>) -> bool {
        self.core.upgrade().is_some_and(|core| core.deliver(topic, packet.into()))
    }
}

impl fmt::Debug for Inlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inlet").finish_non_exhaustive()
    }
}
