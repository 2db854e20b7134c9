//! The handles as `Stream` and `Sink`, for code that is written against these traits.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};
use futures_sink::Sink;

use super::{Receiver, Sender, Socket, poll_receive};
use crate::{Codec, Error, IntoOutgoing, Result};

/// What [`recv`](Receiver::recv) returns, as items: `Ok` for each message, `Err` where `recv` returns an error, and `None` at the
/// end, again at each further call. After an `invalid_message` the stream continues; after any other error comes the end.
///
/// ```
/// use futures_util::StreamExt;
///
/// # async fn example(socket: sockeye::Socket) -> sockeye::Result {
/// let (sender, receiver) = socket.split();
/// // Echoes until the client leaves, and closes with 1000.
/// receiver.forward(sender).await
/// # }
/// ```
impl<C: Codec> Stream for Receiver<C> {
    type Item = Result<C::In>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let received = ready!(poll_receive::<C>(&this.link, &this.about, cx, &mut this.wait));
        let item = received.transpose();
        this.ended = item.is_none();
        Poll::Ready(item)
    }
}

/// It is terminated once [`recv`](Receiver::recv) or the stream has returned `None`.
impl<C: Codec> FusedStream for Receiver<C> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

/// Accepts what [`send`](Sender::send) accepts. Where it matters which type that is, name it: `Sink<Message>`.
///
/// `poll_ready` waits while 64 KiB are queued, `start_send` encodes and queues, `poll_flush` waits until everything queued is
/// written to the transport. `poll_close` closes with 1000 and an empty reason, after all earlier messages, and waits until the
/// connection is closed, as [`close`](Sender::close) does: that ends the connection for all handles. If it is already closed or
/// closing, it only waits.
///
/// # Errors
/// `poll_ready`, `start_send` and `poll_flush` return an error if the connection is closed, and `start_send` also if the value
/// cannot be encoded; the sink remains usable after that. `poll_close` returns none.
///
/// ```
/// use futures_util::{Sink, SinkExt, Stream, StreamExt};
/// use sockeye::Message;
///
/// /// Answers every message, over any transport.
/// async fn serve<S, E>(mut peer: S) -> Result<(), E>
/// where
///     S: Stream<Item = Result<Message, E>> + Sink<Message, Error = E> + Unpin,
/// {
///     while let Some(message) = peer.next().await {
///         peer.send(message?).await?;
///     }
///     Ok(())
/// }
///
/// # async fn example(socket: sockeye::Socket) -> sockeye::Result {
/// serve(socket).await
/// # }
/// ```
impl<'a, C, T> Sink<T> for Sender<C>
where
    C: Codec,
    C::Out: 'a,
    T: IntoOutgoing<'a, C::Out>,
{
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result> {
        let this = self.get_mut();
        this.link.poll_room(cx, &mut this.wait)
    }

    fn start_send(self: Pin<&mut Self>, value: T) -> Result {
        let (outbound, answers) = self.encode(value)?;
        self.link.queue(outbound, false)?;
        answers.sent();
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result> {
        let this = self.get_mut();
        this.link.poll_flush(cx, &mut this.wait)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result> {
        self.get_mut().poll_end(cx).map(Ok)
    }
}

/// As of [`Receiver`].
impl<C: Codec> Stream for Socket<C> {
    type Item = Result<C::In>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.receiver).poll_next(cx)
    }
}

/// As of [`Receiver`].
impl<C: Codec> FusedStream for Socket<C> {
    fn is_terminated(&self) -> bool {
        self.receiver.is_terminated()
    }
}

/// As of [`Sender`].
impl<'a, C, T> Sink<T> for Socket<C>
where
    C: Codec,
    C::Out: 'a,
    T: IntoOutgoing<'a, C::Out>,
{
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result> {
        Sink::<T>::poll_ready(Pin::new(&mut self.sender), cx)
    }

    fn start_send(mut self: Pin<&mut Self>, value: T) -> Result {
        Pin::new(&mut self.sender).start_send(value)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result> {
        Sink::<T>::poll_flush(Pin::new(&mut self.sender), cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result> {
        Sink::<T>::poll_close(Pin::new(&mut self.sender), cx)
    }
}
