use std::{
    fmt,
    future::poll_fn,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use super::{
    Delivery, Event, Gap, Written,
    cursor::{Cursor, Received},
};
use crate::Result;

/// The events of one topic, from the time of the subscription on. Dropping it ends the subscription.
///
/// It is also a [`Stream`], which yields the error that ends the subscription once and then `None`.
///
/// ```
/// use futures_util::{StreamExt, TryStreamExt};
/// use sockeye::Hub;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> sockeye::Result {
/// let hub = Hub::<u32>::new();
/// let numbers = hub.topic("numbers").subscribe();
/// hub.topic("numbers").publish(&7)?;
/// let texts = numbers.map_ok(|event| event.message().clone()).take(1).try_collect::<Vec<_>>().await?;
/// assert_eq!(texts[0].as_text(), Some("7"));
/// # Ok(())
/// # }
/// ```
pub struct Subscription<T> {
    cursor: Cursor,
    written: Written,
    /// As a stream, it has given its last error.
    terminated: bool,
    of: PhantomData<fn() -> T>,
}

impl<T> Subscription<T> {
    pub(super) fn new(cursor: Cursor, written: Written) -> Self {
        Self { cursor, written, terminated: false, of: PhantomData }
    }

    pub(super) fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// The gap at the beginning of a subscription from a [position](crate::Topic::subscribe_from); `None` if nothing was
    /// missing.
    ///
    /// If a [broker keeps the history](crate::Backplane::keeps_history), the gap is known once the subscription is [`confirmed`](Self::confirmed). If no one asks
    /// after that, the first event [tells of the loss](crate::Event::lost).
    pub fn gap(&self) -> Option<Gap> {
        self.cursor.gap()
    }

    /// The next event.
    ///
    /// Cancel safe: an event is taken only when it is returned, so if another branch of `tokio::select!` completes
    /// first, no event is lost.
    ///
    /// # Errors
    /// With [`SlowPolicy::Disconnect`](crate::SlowPolicy::Disconnect), if the subscriber was too slow:
    /// `slow_consumer`, which closes with 1013. If every `Hub` and `Topic` has been dropped: an error that
    /// closes with 1001. Every further call returns the same error.
    pub async fn next(&mut self) -> Result<Event<T>> {
        let taken = poll_fn(|cx| self.cursor.poll_take(cx)).await?;
        Ok(Event::new(taken, self.written))
    }

    /// The next event, or a loss, as soon as it is known. [`next`](Self::next) reports a loss with the next event, which may take a long
    /// time: an outage may have affected the last event of the topic.
    ///
    /// Cancel safe, as `next` is.
    ///
    /// ```
    /// # use sockeye::{Delivery, Json, Result, Socket, Subscription};
    /// # async fn state() -> u32 { 7 }
    /// # async fn example(mut socket: Socket<Json<(), u32>>, mut feed: Subscription<u32>) -> Result {
    /// match feed.next_or_lost().await? {
    ///     Delivery::Event(event) if event.lost().is_nothing() => socket.send(event).await?,
    ///     // The picture has a gap: all of it is sent again.
    ///     _ => socket.send(state().await).await?,
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn next_or_lost(&mut self) -> Result<Delivery<T>> {
        Ok(match poll_fn(|cx| self.cursor.poll_receive(true, cx)).await? {
            Received::Event(taken) => Delivery::Event(Event::new(taken, self.written)),
            Received::Lost(lost) => Delivery::Lost(lost),
        })
    }

    /// Waits until events of other machines arrive, that is, until the broker behind the hub's [`Backplane`](crate::Backplane) has
    /// confirmed the topic. Returns immediately if there is no backplane, or if the topic is already confirmed on this machine.
    ///
    /// Events of this machine arrive from the time of the subscription on. A handler that reads a state and then follows its changes
    /// waits here before it reads. If the broker took more than one attempt, or was down, the next event [reports
    /// it](crate::Event::lost).
    pub async fn confirmed(&mut self) {
        poll_fn(|cx| self.cursor.poll_confirmed(cx)).await;
    }
}

impl<T> Stream for Subscription<T> {
    type Item = Result<Event<T>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.terminated {
            return Poll::Ready(None);
        }
        let taken = ready!(self.cursor.poll_take(cx));
        self.terminated = taken.is_err();
        Poll::Ready(Some(taken.map(|taken| Event::new(taken, self.written))))
    }
}

impl<T> FusedStream for Subscription<T> {
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}

impl<T> fmt::Debug for Subscription<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("topic", &self.cursor.topic()).finish_non_exhaustive()
    }
}
