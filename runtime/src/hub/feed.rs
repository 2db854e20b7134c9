use std::{fmt, future::poll_fn, marker::PhantomData};

use super::{Event, subscription::Subscription};
use crate::Result;

/// The events of one topic, from the time of the subscription on. Dropping it ends the subscription.
pub struct Feed<T> {
    subscription: Subscription,
    format: &'static str,
    of: PhantomData<fn() -> T>,
}

impl<T> Feed<T> {
    pub(super) fn new(subscription: Subscription, format: &'static str) -> Self {
        Self { subscription, format, of: PhantomData }
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
        let taken = poll_fn(|cx| self.subscription.poll_take(cx)).await?;
        Ok(Event::new(taken, self.format))
    }
}

impl<T> fmt::Debug for Feed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("topic", &self.subscription.topic()).finish_non_exhaustive()
    }
}
