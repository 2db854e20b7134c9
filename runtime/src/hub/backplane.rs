use std::pin::Pin;

use super::{Inlet, Outlet};

/// What carries the events of a [`Hub`](crate::Hub) to other machines and brings theirs: an existing broker, such as
/// Redis or NATS.
///
/// It is one task, which `run` is: it connects, does what the [`Outlet`] orders, and gives the [`Inlet`] what the broker brings.
/// An `async fn` or closure with these two parameters is a backplane. Whoever uses the hub notices nothing: its type is the same with
/// and without, which is why this is a trait object and no parameter of `Hub`.
///
/// # What the hub does
/// - It delivers to its own subscribers itself, and hands each event on, encoded and numbered.
/// - It keeps the table of topics that are wanted, and orders each until it is confirmed: again after every reconnection, and after a
///   while when the broker refuses or does not answer.
/// - It queues up to 8,192 events and 16 MiB for the broker while there is a connection.
/// - It leaves out what comes twice, and sees what does not come: by the next number of the publisher and topic, or by a mark, which is
///   a packet without an event that says how far the publisher has come. So the loss of a topic's last event is seen too.
/// - It marks a topic 5 s after an event, and once more 25 s later. Events within those 5 s share a mark, and a topic that is not
///   published to has none. After an outage it marks at once what did not go out.
///
/// # What a backplane does
/// - It calls [`Inlet::connected`] and [`Inlet::lost`] as the connection comes and goes, connects again, and waits meanwhile
///   ([`Outlet::pause`]). A connection that is silently dead is found by whatever the broker has for that, such as a ping.
/// - It confirms orders when the broker has confirmed them, and drops those of a connection that is lost before it calls
///   `connected` again.
/// - It keeps the order of each topic's packets.
///
/// # What is promised
/// At most once, in the order of each publisher and topic. What is lost is known: [`Event::lost`](crate::Event::lost) counts it where
/// numbers tell, and says otherwise that there may be more. It is known
/// - with the publisher's next event on the topic that arrives;
/// - if none follows, with the mark: after 5 s and what the broker takes, or after 30 s when the first mark is lost as well. While the
///   publisher has no connection, once it has one again.
/// - The first events of a publisher that the topic has not heard before, with its first mark: counted when the topic was
///   [confirmed](crate::Subscription::confirmed) more than 5 s before they were published, told without a number when they are newer than the
///   subscription but not by that much. If that mark is lost, they are not known to be lost, and neither are those of publishers beyond
///   1,024 on one topic.
///
/// Nobody can know what a publisher did not live to hand over, and what programs publish that are not Sockeye's.
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
    /// Serves the hub until [`Outlet::next`] gives `None`. It runs in a task of its own, in the runtime in which the hub is made or
    /// else first used; when it ends earlier the connection counts as lost.
    fn run(self: Box<Self>, inlet: Inlet, outlet: Outlet) -> Pin<Box<dyn Future<Output = ()> + Send>>;
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
