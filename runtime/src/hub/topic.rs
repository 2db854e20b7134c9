use std::{fmt, sync::Arc};

use serde::Serialize;

use super::{Hub, Membership, Position, Presence, Subscription, cursor::Cursor, presence};
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
        presence::unescape(&self.name)
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

    /// Makes this key present on the topic, on all machines, until the [`Membership`] is dropped. A key is a user, for instance: several
    /// memberships with one key are one [`Member`](crate::Member) with several [connections](crate::Member::connections).
    ///
    /// Whoever reads [`presence`](Self::presence) gets the key and `meta`, which is kept as JSON. Membership and subscription are independent: who joins
    /// does not subscribe. Hold the membership in the handler, and it ends with the connection, however that ends.
    ///
    /// ```
    /// use axum::extract::{Path, State};
    /// use serde::Serialize;
    /// use sockeye::{Handshake, Hub, Json, PresenceChange, ws_endpoint};
    ///
    /// #[derive(Serialize)]
    /// struct Visitor { name: String }
    ///
    /// /// Shows a visitor who else is in the room.
    /// #[ws_endpoint("/ws/rooms/{room}/{user}")]
    /// async fn visit(
    ///     handshake: Handshake<Json<(), PresenceChange>>,
    ///     Path((room, user)): Path<(String, String)>,
    ///     State(hub): State<Hub<String>>,
    /// ) -> sockeye::Result {
    ///     let room = hub.topic(room);
    ///     let mut presence = room.presence();
    ///     let mut socket = handshake.accept().await?;
    ///     let _membership = room.join(&user, &Visitor { name: user.to_uppercase() })?;
    ///     loop {
    ///         tokio::select! {
    ///             message = socket.recv() => if message?.is_none() { return Ok(()) },
    ///             change = presence.next() => socket.send(&change?).await?,
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// # Other machines
    /// With a [`Backplane`](crate::Backplane), other machines learn of a join or leave as fast as of an event. If the broker loses it, they notice that within
    /// 30 s, as they do for events, and ask. A machine with members beats every 5 s. If nothing is heard of it for 15 s, its members have left; this is noticed at
    /// the next beat, so within 20 s. When it is heard again, they are back. A hub that is dropped says so at once.
    ///
    /// A machine whose own connection to the broker is lost keeps its own members, and cannot tell that the others are alive: they leave after the same
    /// time, and are back with the connection.
    ///
    /// This needs one task for each hub, in the runtime in which presence is first used, as the backplane itself. Without a backplane there is no task.
    ///
    /// # Errors
    /// If the key has more than 1,024 bytes, or `meta` cannot be written as JSON or has more than 4,096 bytes of it. A failure to reach other machines is not
    /// an error here; it is logged as `backplane_lost`.
    pub fn join(&self, key: impl Into<String>, meta: &impl Serialize) -> Result<Membership> {
        Membership::new(self.hub.shared.core.presence(), &self.name, key.into(), meta)
    }

    /// Who is present on the topic, on all machines: first everyone, then who joins and leaves.
    ///
    /// Members of other machines are there from the beginning if this machine already has members or readers of the topic. Otherwise they follow as
    /// [`Joined`](crate::PresenceChange::Joined), within a second, since the other machines are asked first.
    ///
    /// ```
    /// use sockeye::{Hub, PresenceChange};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> sockeye::Result {
    /// let room = Hub::<String>::new().topic("room");
    /// let phone = room.join("alice", &"on the phone")?;
    /// let mut presence = room.presence();
    /// assert_eq!(presence.members()[0].key(), "alice");
    /// let laptop = room.join("alice", &"at the desk")?;
    /// let PresenceChange::Updated(alice) = presence.next().await? else { unreachable!() };
    /// assert_eq!((alice.connections(), alice.meta::<String>()?.as_str()), (2, "at the desk"));
    /// drop((phone, laptop));
    /// assert!(matches!(presence.next().await?, PresenceChange::Updated(_)));
    /// assert!(matches!(presence.next().await?, PresenceChange::Left(_)));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "it says who is present only when it is read"]
    pub fn presence(&self) -> Presence {
        Presence::new(self.hub.shared.core.presence(), &self.name)
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
