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

    /// Reports a new connection: the hub orders every subscribed topic from the [`Outlet`](super::Outlet) again. Call
    /// it after you have dropped the unconfirmed orders of an earlier connection.
    pub fn connected(&self) {
        self.remote.connected();
    }

    /// Reports that the connection is lost, and why. It is logged once as `backplane_lost`; subscribers are
    /// notified ([`Event::lost`](crate::Event::lost)), and what is published until `connected` is not queued
    /// but counted as lost.
    pub fn lost(&self, reason: impl fmt::Display) {
        self.remote.lost(&reason.to_string());
    }

    /// Delivers an event that the broker keeps ([`PublishOrder::keep`](super::PublishOrder::keep)), with the topic's epoch and the event's offset: 1 for the first.
    /// Otherwise as [`deliver`](Self::deliver), but events of this hub are delivered as well. If the offset is not the next one, the topic is ordered
    /// again, and nothing is lost that the broker has.
    pub fn deliver_at(&self, topic: &str, epoch: u64, offset: u64, packet: impl Into<Bytes>) -> bool {
        self.core.upgrade().is_some_and(|core| core.deliver_at(topic, (epoch, offset), packet.into()))
    }

    /// Delivers a packet of the broker to the subscribers of the topic on this machine. Never waits. `false`
    /// means that the hub has been dropped.
    ///
    /// Events that this hub has published itself, and duplicates, are dropped; missing earlier events are counted. An event
    /// that another program has published, in any language, is delivered without a number: as text if it is valid UTF-8,
    /// otherwise as binary.
    pub fn deliver(&self, topic: &str, packet: impl Into<Bytes>) -> bool {
        self.core.upgrade().is_some_and(|core| core.deliver(topic, packet.into()))
    }
}

impl fmt::Debug for Inlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inlet").finish_non_exhaustive()
    }
}
