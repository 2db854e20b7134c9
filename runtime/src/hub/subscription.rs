use std::{
    fmt,
    future::poll_fn,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use super::{Event, cursor::Cursor};
use crate::Result;

/// The events of one topic, from the time of the subscription on. Dropping it ends the subscription.
///
/// It is a [`Stream`] as well, which gives the error that ends the subscription once and then `None`.
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
    format: &'static str,
    /// As a stream, it has given its last error.
    terminated: bool,
    of: PhantomData<fn() -> T>,
}

impl<T> Subscription<T> {
    pub(super) fn new(cursor: Cursor, format: &'static str) -> Self {
        Self { cursor, format, terminated: false, of: PhantomData }
    }

    pub(super) fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// The next event.
    ///
    /// Cancel safe: an event is taken only when it is returned, so a branch of `tokio::select!` that loses drops none.
    ///
    /// # Errors
    /// Under [`SlowPolicy::Disconnect`](crate::SlowPolicy::Disconnect), when the subscriber was too slow: `slow_consumer`,
    /// which closes with 1013. And when every `Hub` and `Topic` is gone, so that nothing can come: closes with 1001.
    /// Each comes again on every further call.
    pub async fn next(&mut self) -> Result<Event<T>> {
        let taken = poll_fn(|cx| self.cursor.poll_take(cx)).await?;
        Ok(Event::new(taken, self.format))
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
        Poll::Ready(Some(taken.map(|taken| Event::new(taken, self.format))))
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
