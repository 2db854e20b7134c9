use std::{fmt, marker::PhantomData};

use serde::Serialize;

use super::{Lost, Position, Written, cursor::Taken};
use crate::{Message, Outgoing, outbound::Outbound};

/// An event from a [`Subscription`](crate::Subscription). It is already encoded, so sending it on a socket needs no
/// encoding and no copy.
///
/// `socket.send(event)` accepts it if the socket's messages have the same type `T`, and on `Raw` sockets. If the
/// socket's codec writes a different [`format`](crate::Codec::format) than the hub, `send` returns an error.
///
/// The value is not in it any more. To choose among events, publish them to several topics, or decode [`message`](Self::message), as with
/// `serde_json::from_str(event.message().as_text()?)`.
///
/// ```
/// # async fn example(socket: sockeye::Socket, mut feed: sockeye::Subscription<u32>) -> sockeye::Result {
/// let event = feed.next().await?;
/// if event.missed() > 0 {
///     println!("{} events went by", event.missed());
/// }
/// socket.send(event).await
/// # }
/// ```
#[must_use = "an event that was taken from its subscription is not delivered again"]
pub struct Event<T> {
    taken: Taken,
    written: Written,
    /// The message in the first format, if there are several.
    first: Option<Message>,
    of: PhantomData<fn() -> T>,
}

impl<T> Event<T> {
    pub(super) fn new(taken: Taken, written: Written) -> Self {
        let first = written.in_several.then(|| written.first(&taken.message));
        Self { taken, written, first, of: PhantomData }
    }

    /// The losses of this subscriber just before this event, which is usually none.
    ///
    /// ```
    /// # async fn example(mut feed: sockeye::Subscription<u32>) -> sockeye::Result {
    /// let event = feed.next().await?;
    /// if !event.lost().is_nothing() {
    ///     println!("the picture has a gap: {:?}", event.lost());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn lost(&self) -> Lost {
        self.taken.lost
    }

    /// The position after this event, for [`Topic::subscribe_from`](crate::Topic::subscribe_from). `None` if the hub keeps no
    /// [history](crate::HubBuilder::history).
    pub fn position(&self) -> Option<Position> {
        self.taken.kept.as_ref().map(|kept| kept.position)
    }

    pub(super) fn into_parts(self) -> (Taken, Written) {
        (self.taken, self.written)
    }

    /// How many events this subscriber missed just before this one, because it was too slow.
    pub fn missed(&self) -> u64 {
        self.taken.lost.missed
    }

    /// Whether events of other machines are, or may be, missing since the previous event: some have not arrived, or the connection to the
    /// broker was lost or restored, on this machine or on the publisher's. Always empty without a [`Backplane`](crate::Backplane).
    pub fn after_outage(&self) -> bool {
        self.taken.lost.after_outage || self.taken.lost.unreceived > 0
    }

    /// The encoded event. If the hub encodes in several formats, the first.
    pub fn message(&self) -> &Message {
        self.first.as_ref().unwrap_or(&self.taken.message)
    }

    /// The encoded event, without a copy; see [`message`](Self::message).
    pub fn into_message(self) -> Message {
        self.first.unwrap_or(self.taken.message)
    }
}

/// What [`Subscription::next_or_lost`](crate::Subscription::next_or_lost) returns.
#[derive(Debug, Clone)]
pub enum Delivery<T> {
    /// An event. What was lost before it, if anything, is in [`Event::lost`].
    Event(Event<T>),
    /// Events were lost, and no event has arrived since.
    Lost(Lost),
}

impl<T> From<Event<T>> for Outgoing<'_, T> {
    fn from(event: Event<T>) -> Self {
        let Taken { message, forms, .. } = event.taken;
        Outgoing::encoded(Outbound { message, forms }, event.written)
    }
}

// `Message` has no `Serialize`, and must not get one: an `Event<Message>` would then convert into this in two ways.
impl<T: Serialize> From<Event<T>> for Outgoing<'_, Message> {
    fn from(event: Event<T>) -> Self {
        event.into_message().into()
    }
}

impl<T> Clone for Event<T> {
    fn clone(&self) -> Self {
        Self { taken: self.taken.clone(), written: self.written, first: self.first.clone(), of: PhantomData }
    }
}

impl<T> fmt::Debug for Event<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("message", self.message()).field("missed", &self.missed()).finish()
    }
}
