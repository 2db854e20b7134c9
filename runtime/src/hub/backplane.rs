use std::{
    fmt,
    sync::{Arc, Weak},
};

use super::{core::Core, remote::Remote};
use crate::{Message, Result};

/// What carries the events of a [`Hub`](crate::Hub) to other machines and brings theirs: an existing broker, such as
/// Redis or NATS.
///
/// The hub delivers to its own subscribers itself and hands each event on, encoded. What comes from outside goes in
/// through the [`Inlet`], encoded too, and is passed to the sockets as it is: nothing is decoded, so programs in any
/// language may publish. Whoever uses the hub notices nothing: its type is the same with and without.
///
/// It is a trait object rather than a parameter of `Hub`, so that handlers that take `State<Hub<T>>` do not name a broker;
/// a call through it costs nothing beside the broker. Its methods do not wait: they run in the handlers that publish
/// and subscribe. An implementation hands the work to a task of its own, which holds the inlet and the connection, and
/// connects again when it is lost.
///
/// ```
/// use sockeye::{Backplane, Error, Hub, Inlet, Message, Result};
/// use tokio::sync::mpsc;
///
/// enum Order { Subscribe(String), Unsubscribe(String), Publish(String, Message) }
///
/// struct Broker { orders: mpsc::Sender<Order> }
///
/// impl Broker {
///     fn start(inlet: Inlet) -> Self {
///         let (orders, mut ordered) = mpsc::channel(1000);
///         tokio::spawn(async move {
///             // Connect to the broker and call `inlet.connected()`; call `inlet.lost(why)` when the connection breaks, and
///             // `inlet.deliver(topic, message)` for each message that another machine has published.
///             while let Some(_order) = ordered.recv().await {}
///         });
///         Self { orders }
///     }
/// }
///
/// impl Backplane for Broker {
///     fn subscribe(&self, topic: &str) {
///         let _ = self.orders.try_send(Order::Subscribe(topic.to_owned()));
///     }
///     fn unsubscribe(&self, topic: &str) {
///         let _ = self.orders.try_send(Order::Unsubscribe(topic.to_owned()));
///     }
///     fn publish(&self, topic: &str, message: Message) -> Result {
///         let order = Order::Publish(topic.to_owned(), message);
///         self.orders.try_send(order).map_err(|_| Error::new("1,000 events wait for the broker"))
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let hub = Hub::<u32>::builder().backplane(Broker::start).build();
/// # drop(hub); });
/// ```
pub trait Backplane: Send + Sync + 'static {
    /// A topic has got its first subscriber on this machine. Called in order with `unsubscribe`, one call at a time.
    fn subscribe(&self, topic: &str);

    /// A topic has lost its last subscriber on this machine.
    fn unsubscribe(&self, topic: &str);

    /// Sends an event to the other machines. It must not come back through the inlet: the subscribers here have it.
    /// Calls for one topic by one publisher come in the publisher's order, which is to be kept.
    ///
    /// # Errors
    /// When the event is lost for the other machines, because there is no connection or too much is waiting. The first
    /// loss is logged as `backplane_lost`, those that follow are counted; the publisher does not notice.
    fn publish(&self, topic: &str, message: Message) -> Result;
}

/// The way into a [`Hub`](crate::Hub) for events of other machines. It does not keep the hub alive: when that is gone, and
/// the last [`Subscription`](crate::Subscription) with it, the backplane is dropped, and `deliver` says so.
#[derive(Clone)]
pub struct Inlet {
    core: Weak<Core>,
}

impl Inlet {
    pub(super) fn new(core: &Arc<Core>) -> Self {
        Self { core: Arc::downgrade(core) }
    }

    /// Hands an event to the subscribers of the topic on this machine. Text for hubs that write JSON. Never waits.
    /// `false` means that the hub is gone, and the work is done.
    pub fn deliver(&self, topic: &str, message: impl Into<Message>) -> bool {
        self.core.upgrade().is_some_and(|core| core.deliver(topic, message.into()))
    }

    /// Says that the connection is there. The hub's [`Ready`](crate::Ready) waits for it.
    pub fn connected(&self) {
        self.with(Remote::connected);
    }

    /// Says that the connection is lost, and why: logged once as `backplane_lost`, and told to every subscriber with its
    /// next event ([`Event::after_outage`](crate::Event::after_outage)).
    pub fn lost(&self, reason: impl fmt::Display) {
        self.with(|remote| remote.lost(reason.to_string()));
    }

    fn with(&self, act: impl FnOnce(&Remote)) {
        if let Some(remote) = self.core.upgrade().as_deref().and_then(Core::remote) {
            act(remote);
        }
    }
}

impl fmt::Debug for Inlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inlet").finish_non_exhaustive()
    }
}
