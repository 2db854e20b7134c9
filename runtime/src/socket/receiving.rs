use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{Receiver, poll_receive};
use crate::{Codec, Raw, Result, connection::Wait};

/// The next message of a connection: returned by `recv`.
///
/// It is a type of its own, and not that of an `async fn`: for each handler rustc proves twice that its future is `Send`, and would look
/// into the whole `async fn` each time.
#[must_use = "a message is received only when this is awaited"]
pub struct Receiving<'a, C = Raw> {
    receiver: &'a mut Receiver<C>,
    wait: Wait,
}

impl<'a, C> Receiving<'a, C> {
    pub(super) fn new(receiver: &'a mut Receiver<C>) -> Self {
        Self { receiver, wait: Wait::default() }
    }
}

impl<C: Codec> Future for Receiving<'_, C> {
    type Output = Result<Option<C::In>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { receiver, wait } = &mut *self;
        let received = ready!(poll_receive::<C>(&receiver.link, &receiver.about, cx, wait));
        receiver.ended = matches!(received, Ok(None));
        Poll::Ready(received)
    }
}

impl<C> fmt::Debug for Receiving<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiving").field("receiver", self.receiver).finish_non_exhaustive()
    }
}
