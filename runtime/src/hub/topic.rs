use std::{fmt, sync::Arc};

use super::{Hub, Position, Subscription, cursor::Cursor};
use crate::Result;

/// One topic of a [`Hub`], for publishers and subscribers. Cheap to create and to clone.
pub struct Topic<T> {
    hub: Hub<T>,
    name: Arc<str>,
}

impl<T> Topic<T> {
    pub(super) fn new(hub: Hub<T>, name: Arc<str>) -> Self {
        Self { hub, name }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Publishes an event to all subscribers, and returns how many of them are in this process. Never waits.
    ///
    /// The events of one publisher are received in order. An event is encoded once, or not at all if there is no
    /// subscriber and no [`Backplane`](crate::Backplane).
    ///
    /// ```
    /// let topic = sockeye::Hub::<u32>::new().topic("numbers");
    /// assert_eq!(topic.publish(&1)?, 0);
    /// let _feed = topic.subscribe();
    /// assert_eq!(topic.publish(&2)?, 1);
    /// # Ok::<_, sockeye::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the event cannot be encoded. A failure to reach other machines is not an error here; it is logged as
    /// `backplane_lost`. If a [broker keeps the history](crate::Backplane::keeps_history), the event reaches subscribers only through it, so while there is
    /// no connection it is lost for those of this process as well: they are told by the [next event](crate::Event::lost).
    pub fn publish(&self, event: &T) -> Result<usize> {
        let encode = self.hub.encoding.encode;
        self.hub.shared.core.publish(&self.name, None, || encode(event))
    }

    /// Publishes an event to all subscribers except the publisher's own subscription, and returns how many
    /// others are in this process. Otherwise it is the same as [`publish`](Self::publish).
    ///
    /// Other subscriptions of the same client receive it, and so do those on other machines. If the subscription
    /// belongs to another topic or has ended, no subscriber is excluded. Events that a subscriber has published itself
    /// are never [missed](crate::Event::missed) by it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> sockeye::Result {
    /// let topic = sockeye::Hub::<String>::new().topic("room");
    /// let (mut alice, mut bob) = (topic.subscribe(), topic.subscribe());
    /// assert_eq!(topic.publish_from(&alice, &"hello from alice".to_owned())?, 1);
    /// topic.publish(&"closing time".to_owned())?;
    /// assert_eq!(bob.next().await?.message().as_text(), Some("\"hello from alice\""));
    /// assert_eq!(alice.next().await?.message().as_text(), Some("\"closing time\""));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub fn publish_from(&self, publisher: &Subscription<T>, event: &T) -> Result<usize> {
        let encode = self.hub.encoding.encode;
        self.hub.shared.core.publish(&self.name, Some(publisher.cursor()), || encode(event))
    }

    /// Subscribes from now on: earlier events are not received. Dropping the [`Subscription`] ends it.
    ///
    /// Subscribe before you accept: the client may see the open connection before `accept` has returned, and events
    /// that are published in response to that must not be lost:
    ///
    /// ```
    /// # use axum::extract::State;
    /// # use sockeye::{Handshake, Hub, Json, ws_endpoint};
    /// #[ws_endpoint("/ws/numbers")]
    /// async fn numbers(handshake: Handshake<Json<u32>>, State(hub): State<Hub<u32>>) -> sockeye::Result {
    ///     let mut feed = hub.topic("numbers").subscribe();
    ///     let mut socket = handshake.accept().await?;
    ///     loop {
    ///         tokio::select! {
    ///             number = socket.recv() => if number?.is_none() { return Ok(()) },
    ///             number = feed.next() => socket.send(number?).await?,
    ///         }
    ///     }
    /// }
    /// ```
    pub fn subscribe(&self) -> Subscription<T> {
        self.subscribe_from(None)
    }

    /// Subscribes from a [position](crate::Position) on: first come the events after it that are kept, then those that are published from
    /// now on, without a gap, a duplicate, or a change of order. Without a position, this is the same as [`subscribe`](Self::subscribe).
    ///
    /// If the [history](crate::HubBuilder::history) no longer has some of the events, [`Subscription::gap`] says so; the ones that it has
    /// follow. This is also the case after a restart of the process, because the history is in memory.
    ///
    /// If a [broker keeps the history](crate::Backplane::keeps_history), the subscription begins when the broker has answered:
    /// [`Subscription::confirmed`] waits for that, and the gap is known then.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> sockeye::Result {
    /// let hub = sockeye::Hub::<u32>::builder().history(2).build();
    /// let numbers = hub.topic("numbers");
    /// let mut feed = numbers.subscribe();
    /// numbers.publish(&1)?;
    /// let position = feed.next().await?.position();
    /// drop(feed);
    /// for number in 2..=4 {
    ///     numbers.publish(&number)?;
    /// }
    /// let mut resumed = numbers.subscribe_from(position);
    /// assert_eq!(resumed.gap().and_then(|gap| gap.missed), Some(1), "only two are kept");
    /// assert_eq!(resumed.next().await?.message().as_text(), Some("3"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn subscribe_from(&self, position: impl Into<Option<Position>>) -> Subscription<T> {
        let subscription = Cursor::new(&self.hub.shared.core, &self.name, position.into());
        Subscription::new(subscription, self.hub.encoding.written)
    }

    #[cfg(feature = "log-stream")]
    pub(crate) fn is_heard(&self) -> bool {
        self.hub.shared.core.is_heard(&self.name)
    }

    /// How many subscribers there are in this process.
    pub fn subscribers(&self) -> usize {
        self.hub.shared.core.subscribers(&self.name)
    }
}

impl<T> Clone for Topic<T> {
    fn clone(&self) -> Self {
        Self::new(self.hub.clone(), Arc::clone(&self.name))
    }
}

impl<T> fmt::Debug for Topic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topic").field("name", &self.name).finish_non_exhaustive()
    }
}
