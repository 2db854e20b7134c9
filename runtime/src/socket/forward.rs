//! `Socket::forward`: a handler whose client only listens.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use futures_core::Stream;

use super::{Sender, Socket};
use crate::{Codec, Error, Format, IntoOutgoing, Result, outbound::Outbound};

/// An item of a stream that [`Socket::forward`] sends on a socket with the codec `C`: a value that the socket sends, or a `Result`
/// of one.
///
/// It is implemented for everything that `send` accepts, and for `Result<T, E>` of that if `?` converts `E` into an
/// [`Error`]. The parameter `Via` is inferred; it keeps the two apart.
#[diagnostic::on_unimplemented(
    message = "a stream of `{Self}` cannot be forwarded on this socket",
    label = "the items of this stream are not what the socket sends",
    note = "the codec decides what a socket sends: `Handshake<Json<In, Out>>` sends `Out`, and `Handshake` sends text and bytes",
    note = "help: convert the items with `StreamExt::map`; a stream of `Result<T, E>` of what the socket sends is accepted too"
)]
pub trait ForwardItem<C: Codec, Via> {
    #[doc(hidden)]
    fn into_outbound(self, format: &Format<C::In, C::Out>) -> Result<Outbound>;
}

mod via {
    /// The item is a value.
    #[derive(Debug)]
    pub enum Value {}

    /// The item is a `Result`.
    #[derive(Debug)]
    pub enum Fallible {}
}

impl<'a, C, T> ForwardItem<C, via::Value> for T
where
    C: Codec,
    C::Out: 'a,
    T: IntoOutgoing<'a, C::Out>,
{
    fn into_outbound(self, format: &Format<C::In, C::Out>) -> Result<Outbound> {
        self.into_outgoing().encode(format)
    }
}

impl<'a, C, T, E> ForwardItem<C, via::Fallible> for std::result::Result<T, E>
where
    C: Codec,
    C::Out: 'a,
    T: IntoOutgoing<'a, C::Out>,
    E: Into<Error>,
{
    fn into_outbound(self, format: &Format<C::In, C::Out>) -> Result<Outbound> {
        self.map_err(Into::into)?.into_outgoing().encode(format)
    }
}

impl<C: Codec> Socket<C> {
    /// Sends each item of a stream until the stream ends or the client leaves: the handler of a client that only listens.
    ///
    /// The items are what [`send`](Self::send) accepts, or a `Result` of that, such as those of a
    /// [`Subscription`](crate::Subscription). Messages of the client are read and dropped without being decoded; its pings and
    /// its close are answered as always. An item is taken from the stream when there is room to send it, so a client that
    /// reads slowly slows the stream down.
    ///
    /// Returns `Ok(())` when the client has closed or the server is stopping, and when the stream has ended: then the
    /// connection closes with 1000, after everything that was sent.
    ///
    /// If this is dropped before it completes, such as in `tokio::select!`, the connection closes with 1000.
    ///
    /// ```no_run
    /// use axum::extract::State;
    /// use sockeye::{Handshake, Hub, ws_endpoint};
    ///
    /// /// Pushes prices.
    /// #[ws_endpoint("/ws/prices")]
    /// async fn prices(handshake: Handshake, State(hub): State<Hub<u32>>) -> sockeye::Result {
    ///     let prices = hub.topic("prices").subscribe();
    ///     let socket = handshake.accept().await?;
    ///     socket.forward(prices).await
    /// }
    /// ```
    ///
    /// With `StreamExt` in scope, this is still the method of an owned socket. On a `Receiver`, a `&mut Socket`, or by its full
    /// name, `StreamExt::forward(receiver, sink)` goes in the other direction: it sends what the client says to the sink.
    ///
    /// # Errors
    /// If the stream yields an error, or an item that cannot be encoded: the connection begins to close at once, with
    /// the code that the error has when a handler returns it. If the connection fails, or the client violates the protocol
    /// or a limit: as [`recv`](Self::recv).
    pub async fn forward<S, Via>(self, stream: S) -> Result
    where
        S: Stream,
        S::Item: ForwardItem<C, Via>,
    {
        let mut socket = self;
        let mut stream = pin!(stream);
        poll_fn(|cx| socket.poll_forward(stream.as_mut(), cx)).await
    }

    /// Takes turns, so that neither a client that never stops talking nor a stream that never waits keeps the other waiting.
    fn poll_forward<S, Via>(&mut self, mut stream: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<Result>
    where
        S: Stream,
        S::Item: ForwardItem<C, Via>,
    {
        loop {
            let heard = self.receiver.link.poll_recv(cx, &mut self.receiver.wait)?;
            if let Poll::Ready(None) = heard {
                return Poll::Ready(Ok(()));
            }
            match self.poll_say(stream.as_mut(), cx) {
                Poll::Ready(Some(Err(error))) => {
                    // The caller may do more before it returns the error, and this socket is dropped: without this, the
                    // connection would close as if all were well.
                    self.sender.link.fail(&error);
                    return Poll::Ready(Err(error));
                }
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Pending if heard.is_pending() => return Poll::Pending,
                Poll::Ready(Some(Ok(()))) | Poll::Pending => {}
            }
        }
    }

    /// Sends the next item. `None` at the end of the stream.
    fn poll_say<S, Via>(&mut self, stream: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<Option<Result>>
    where
        S: Stream,
        S::Item: ForwardItem<C, Via>,
    {
        let Sender { link, about, wait, .. } = &mut self.sender;
        // Where sending fails, the connection is over. How it ended is what is heard next, and hearing has its waker.
        let Ok(()) = ready!(link.poll_room(cx, wait)) else { return Poll::Pending };
        let Some(item) = ready!(stream.poll_next(cx)) else { return Poll::Ready(None) };
        let (outbound, answers) = about.encode::<C>(|format| item.into_outbound(format))?;
        let Ok(()) = link.queue(outbound, true) else { return Poll::Pending };
        answers.sent();
        Poll::Ready(Some(Ok(())))
    }
}
