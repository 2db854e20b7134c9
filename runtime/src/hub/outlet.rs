use std::{fmt, sync::Arc};

use bytes::Bytes;
use tokio::time::{sleep, sleep_until};

use super::{
    kept::{Keep, Restored, Wanted},
    packet::{self, Body, Recent, Stamp},
    presence,
    remote::{LineStep, Listener, Next, Outbound, Remote, backoff},
};

/// The output of a [`Hub`](crate::Hub): the orders that its [`Backplane`](crate::Backplane) carries out at the
/// broker.
///
/// If it is dropped before the hub ends, for example by a panic, the connection counts as lost.
pub struct Outlet {
    remote: Arc<Remote>,
    /// The number of attempts since the last connection.
    pauses: u32,
}

/// An operation at the broker. Carry orders out in the order in which they are returned.
///
/// Confirm an order when the broker has confirmed it. One that is dropped instead counts as not done: a subscription is
/// ordered again, an event may be lost and its subscribers are told.
#[derive(Debug)]
#[non_exhaustive]
pub enum Order {
    /// Listen to a topic.
    Subscribe(SubscribeOrder),
    /// Unsubscribe from this topic. Packets that still arrive are ignored.
    Unsubscribe(Arc<str>),
    /// Publish a packet: an event, or a mark with the number of the topic's latest event.
    Publish(PublishOrder),
}

/// An order to subscribe to a topic, which has its first subscriber on this machine.
#[must_use = "an order that is dropped was refused, and comes again"]
pub struct SubscribeOrder {
    topic: Arc<str>,
    number: u64,
    channel: Arc<dyn Listener>,
    remote: Arc<Remote>,
    settled: bool,
}

/// An order to publish a packet to a topic.
#[must_use = "an order that is dropped counts as lost"]
pub struct PublishOrder {
    topic: Arc<str>,
    stamp: Stamp,
    /// It is a mark, with this content.
    mark: Option<Recent>,
    packet: Bytes,
    remote: Arc<Remote>,
    settled: bool,
}

impl Outlet {
    pub(super) fn new(remote: Arc<Remote>) -> Self {
        Self { remote, pauses: 0 }
    }

    /// The next order; `None` when the hub has ended and everything that could be sent has been sent. There are
    /// orders only while there is a connection ([`Inlet::connected`](super::Inlet::connected)).
    ///
    /// Cancel safe: an order is taken only when it is returned.
    pub async fn next(&mut self) -> Option<Order> {
        // A backplane that is always ready must let other tasks run.
        tokio::task::consume_budget().await;
        loop {
            match self.remote.next() {
                Next::Line(step) => return Some(self.order_line(step)),
                Next::Parcel(parcel) => return Some(self.order_parcel(parcel)),
                Next::Ended => return None,
                Next::Wait(None) => self.remote.ordered().await,
                Next::Wait(Some(at)) => tokio::select! {
                    () = self.remote.ordered() => {}
                    () = sleep_until(at) => {}
                },
            }
        }
    }

    /// Waits before the next attempt to connect: 50 ms at first, twice as long each time, at most 5 s, and shorter by
    /// up to a half at random. Returns `false` if the hub has ended in the meantime, so that no connection is needed.
    pub async fn pause(&mut self) -> bool {
        let over = sleep(backoff(self.pauses));
        tokio::pin!(over);
        self.pauses = self.pauses.saturating_add(1);
        while !self.remote.has_ended() {
            tokio::select! {
                () = &mut over => return !self.remote.has_ended(),
                () = self.remote.ordered() => {}
            }
        }
        false
    }

    fn order_line(&mut self, step: LineStep) -> Order {
        self.pauses = 0;
        match step {
            LineStep::Subscribe { topic, number, channel } => {
                let remote = Arc::clone(&self.remote);
                Order::Subscribe(SubscribeOrder { topic, number, channel, remote, settled: false })
            }
            LineStep::Unsubscribe(topic) => Order::Unsubscribe(topic),
        }
    }

    fn order_parcel(&mut self, Outbound { topic, stamp, body, from }: Outbound) -> Order {
        self.pauses = 0;
        let packet = packet::write(&stamp, &body, from);
        // The packet contains an event, which need not be kept until the broker has answered.
        let mark = match body {
            Body::Event(_) => None,
            Body::Mark(recent) => Some(recent),
        };
        let remote = Arc::clone(&self.remote);
        Order::Publish(PublishOrder { topic, stamp, mark, packet, remote, settled: false })
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.remote.stop();
    }
}

impl SubscribeOrder {
    /// The topic, which can be any string.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// What the hub has of the topic, if the broker keeps the history ([`Backplane::keeps_history`](super::Backplane::keeps_history)): subscribe
    /// first, then read what the broker has kept, and answer with [`restore`](Self::restore). A topic that is subscribed to already may be ordered
    /// again, because something is missing.
    pub fn history(&self) -> Option<Wanted> {
        let keep = Keep::from(self.remote.history()?);
        let channel = self.channel.channel()?;
        channel.bounds.is_shared().then(|| Wanted { after: channel.reached(), keep })
    }

    /// Confirms that the broker delivers the topic's packets from now on. Where there is a [`history`](Self::history), only
    /// [`restore`](Self::restore) does that; this then counts as a refusal.
    pub fn confirm(mut self) {
        if self.history().is_some() {
            return self.refuse("the backplane has not restored the history");
        }
        self.settled = true;
        self.remote.confirm(&self.topic, self.number);
    }

    /// Confirms that the broker delivers the topic's packets from now on, and passes on what it has kept.
    pub fn restore(mut self, restored: Restored) {
        self.settled = true;
        self.remote.restore(&self.topic, self.number, &self.channel, restored);
    }

    /// The broker has refused. The topic is ordered again after a delay (see [`Outlet::pause`]); the first of several refusals is
    /// logged as `backplane_lost`, the hub is not [`Ready`](crate::Ready) in the meantime, and subscribers are notified once it
    /// is confirmed.
    pub fn refuse(mut self, reason: impl fmt::Display) {
        self.settled = true;
        self.remote.refuse(&self.topic, self.number, &reason.to_string());
    }
}

impl Drop for SubscribeOrder {
    fn drop(&mut self) {
        if !self.settled {
            self.remote.refuse(&self.topic, self.number, "the broker has not confirmed it");
        }
    }
}

impl PublishOrder {
    /// The topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The bytes to publish, which are opaque to the broker. Clones share them.
    pub fn packet(&self) -> &Bytes {
        &self.packet
    }

    /// Whether the broker is to keep the packet as the topic's next event, and how many of those; see
    /// [`Backplane::keeps_history`](super::Backplane::keeps_history). `None`: it is only delivered.
    pub fn keep(&self) -> Option<Keep> {
        let is_kept = self.mark.is_none() && presence::internal(&self.topic).is_none();
        self.remote.history().filter(|_| is_kept).map(Keep::from)
    }

    /// Confirms that the broker has accepted the packet.
    pub fn confirm(mut self) {
        self.settled = true;
        if self.mark.is_some() {
            self.remote.mark_confirmed();
        }
    }

    /// The broker does not accept the packet, for example because it is too large. It counts as lost, as when the order is dropped, and
    /// the reason is logged, once until events reach other machines again.
    pub fn refuse(mut self, reason: impl fmt::Display) {
        self.settled = true;
        self.unconfirmed(&reason.to_string());
    }

    fn unconfirmed(&self, reason: &str) {
        match self.mark {
            Some(recent) => self.remote.mark_unconfirmed(&self.topic, &self.stamp, recent),
            None => self.remote.event_unconfirmed(&self.topic, &self.stamp, reason),
        }
    }
}

impl Drop for PublishOrder {
    fn drop(&mut self) {
        if !self.settled {
            self.unconfirmed("the broker has not confirmed it");
        }
    }
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlet").finish_non_exhaustive()
    }
}

impl fmt::Debug for SubscribeOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubscribeOrder").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl fmt::Debug for PublishOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishOrder").field("topic", &self.topic).finish_non_exhaustive()
    }
}
