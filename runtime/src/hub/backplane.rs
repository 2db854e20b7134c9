use std::pin::Pin;

use super::{Inlet, Outlet};

/// Carries the events of a [`Hub`](crate::Hub) to other machines and receives theirs, through an existing broker such
/// as Redis or NATS.
///
/// A backplane is one task, `run`: it connects, carries out the orders of the [`Outlet`], and passes what the broker delivers to the
/// [`Inlet`]. An `async fn` or closure with these two parameters is a backplane. Code that uses the hub is the same with and without
/// a backplane: the backplane is a trait object, not a type parameter of `Hub`.
///
/// # What the hub does
/// - It delivers events to its own subscribers, and passes each event on, encoded and numbered.
/// - It keeps the table of subscribed topics, and orders each one until it is confirmed: again after every reconnection, and after a
///   delay when the broker refuses or does not answer.
/// - It queues up to 8,192 events and 16 MiB for the broker while there is a connection.
/// - It drops duplicates, and detects losses: by the next number of the publisher and topic, or by a mark, a packet without an event
///   that carries the publisher's latest number. So the loss of a topic's last event is detected too.
/// - It marks a topic 5 s after an event, and once more 25 s later. Events within those 5 s share a mark, and a topic without new
///   events is not marked. After an outage it immediately marks events that were not sent.
///
/// # What a backplane does
/// - It calls [`Inlet::connected`] and [`Inlet::lost`] when the connection is established and lost, reconnects, and waits
///   between attempts ([`Outlet::pause`]). To detect a dead connection, it uses a mechanism of the broker, such as a ping.
/// - It confirms an order when the broker has confirmed it, and drops the orders of a lost connection before it calls
///   `connected` again.
/// - It keeps the order of each topic's packets.
///
/// # Guarantees
/// Delivery is at most once, in the order of each publisher and topic. Losses are detected: [`Event::lost`](crate::Event::lost)
/// counts them if the numbers allow it, and otherwise says that there may be more. A loss is detected
/// - with the publisher's next event on the topic that arrives;
/// - if there is none, with the mark: 5 s later, plus the broker's delay, or 30 s later if the first mark is lost as well. If the
///   publisher has no connection, after it has reconnected.
/// - for the first events of a publisher that the topic has not received before, with its first mark. They are counted if the topic was
///   [confirmed](crate::Subscription::confirmed) more than 5 s before they were published, and reported without a number if they are newer
///   than the subscription, but by less than that. If that mark is lost, the loss is not detected, and neither are losses of publishers
///   beyond 1,024 on one topic.
///
/// Not detected are losses of events that a publisher could not send before its process ended, and of events from
/// programs other than Sockeye's.
///
/// # Examples
/// A broker that is a channel in the same process:
///
/// ```
/// use bytes::Bytes;
/// use sockeye::{Hub, backplane::{Inlet, Order, Outlet}};
/// use tokio::sync::broadcast::{self, error::RecvError};
///
/// type Broker = broadcast::Sender<(String, Bytes)>;
///
/// async fn carry(broker: Broker, inlet: Inlet, mut outlet: Outlet) {
///     let mut published = broker.subscribe();
///     inlet.connected();
///     loop {
///         tokio::select! {
///             order = outlet.next() => match order {
///                 // This broker brings everything; another would be asked, and confirms.
///                 Some(Order::Subscribe(order)) => order.confirm(),
///                 Some(Order::Publish(order)) => {
///                     let packet = (order.topic().to_owned(), order.packet().clone());
///                     if broker.send(packet).is_ok() {
///                         order.confirm();
///                     }
///                 }
///                 Some(_) => {}
///                 None => return,
///             },
///             packet = published.recv() => match packet {
///                 Ok((topic, packet)) => _ = inlet.deliver(&topic, packet),
///                 Err(RecvError::Lagged(_)) => {
///                     inlet.lost("the broker was faster");
///                     inlet.connected();
///                 }
///                 Err(RecvError::Closed) => return,
///             },
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> sockeye::Result {
/// let broker = Broker::new(1000);
/// let machine = || {
///     let broker = broker.clone();
///     Hub::<u32>::builder().backplane(|inlet: Inlet, outlet: Outlet| carry(broker, inlet, outlet)).build()
/// };
/// let (here, there) = (machine(), machine());
/// let mut feed = there.topic("numbers").subscribe();
/// feed.confirmed().await;
/// # sockeye::Ready::ready(here.clone()).await?;
/// here.topic("numbers").publish(&7)?;
/// assert_eq!(feed.next().await?.message().as_text(), Some("7"));
/// # Ok(())
/// # }
/// ```
pub trait Backplane: Send + 'static {
    /// Serves the hub until [`Outlet::next`] returns `None`. It runs in a task, in the runtime in which the hub is built or, if
    /// there is none, first used. If it returns earlier, the connection counts as lost.
    fn run(self: Box<Self>, inlet: Inlet, outlet: Outlet) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// Whether the broker keeps the [history](crate::HubBuilder::history) of topics. If it does, all machines share it, and a client resumes on any of
    /// them, also after a restart:
    /// - The broker numbers the events of a topic ([`PublishOrder::keep`](super::PublishOrder::keep)), in one operation with their delivery, and keeps the last
    ///   ones. It stores a random epoch with each topic, so that a loss of its data shows.
    /// - It delivers each event with epoch and offset, also to the machine that has published it ([`Inlet::deliver_at`]).
    /// - [`SubscribeOrder::history`](super::SubscribeOrder::history) is answered with what it has kept.
    /// - What the hub itself says ([presence](crate::Topic::join)) has no history: such orders are carried out as if the broker kept nothing.
    ///
    /// The hub then delivers events only as the broker returns them, in the order of the broker: nothing is delivered while there is no
    /// connection, and a subscription may begin with an event that was on its way to the broker at that moment. `false` by default: each machine keeps a history of its own.
    fn keeps_history(&self) -> bool {
        false
    }
}

impl<F, R> Backplane for F
where
    F: FnOnce(Inlet, Outlet) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    fn run(self: Box<Self>, inlet: Inlet, outlet: Outlet) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin((*self)(inlet, outlet))
    }
}
