use std::{
    fmt,
    sync::{Arc, Weak},
};

use bytes::Bytes;

use super::{core::Core, remote::Remote};

/// The input of a [`Hub`](crate::Hub): a [`Backplane`](crate::Backplane) reports the state of its connection
/// and delivers packets of the broker through it. Clones are handles of the same input.
///
/// It does not keep the hub alive: after the hub is dropped, [`deliver`](Self::deliver) returns `false`.
#[derive(Clone)]
pub struct Inlet {
    remote: Arc<Remote>,
    core: Weak<Core>,
}

impl Inlet {
    pub(super) fn new(remote: &Arc<Remote>, core: Weak<Core>) -> Self {
        Self { remote: Arc::clone(remote), core }
    }

    /// Reports a new connection: every subscribed topic is ordered from the [`Outlet`](super::Outlet) again.
    /// Call it after the orders that an earlier connection did not confirm are dropped.
    pub fn connected(&self) {
        self.remote.connected();
    }

    /// Reports that the connection is lost, and why. It is logged once as `backplane_lost`; subscribers are
    /// notified ([`Event::lost`](crate::Event::lost)), and what is published until `connected` is not queued
    /// but counted as lost.
    pub fn lost(&self, reason: impl fmt::Display) {
        self.remote.lost(&reason.to_string());
    }

    /// Delivers a packet of the broker to the subscribers of the topic on this machine. Never waits. `false`
    /// means that the hub has been dropped.
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
