use std::{
    future::poll_fn,
    marker::PhantomData,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use super::{About, Sending, receive};
use crate::{
    CloseFrame, Codec, Outgoing, Raw, Result,
    connection::{Link, Wait},
};

/// The sending half of a [`Socket`](crate::Socket). Clones send on the same connection.
///
/// ```
/// # fn example(socket: sockeye::Socket) -> sockeye::Receiver {
/// let (sender, receiver) = socket.split();
/// let other = sender.clone();
/// tokio::spawn(async move { other.send("from another task").await });
/// # receiver
/// # }
/// ```
pub struct Sender<C = Raw> {
    pub(super) link: Link,
    pub(super) about: Arc<About>,
    codec: PhantomData<fn() -> C>,
}

/// The receiving half of a [`Socket`](crate::Socket). When it is dropped, messages are dropped as they come; the
/// connection stays until the last [`Sender`] is dropped too.
pub struct Receiver<C = Raw> {
    link: Link,
    about: Arc<About>,
    codec: PhantomData<fn() -> C>,
}

impl<C> Sender<C> {
    pub(super) fn new(link: Link, about: Arc<About>) -> Self {
        Self { link, about, codec: PhantomData }
    }

    /// Address of the TCP peer; see [`Handshake::peer`](crate::Handshake::peer).
    pub fn peer(&self) -> Option<SocketAddr> {
        self.about.peer
    }

    /// Address of the client; see [`Handshake::client`](crate::Handshake::client).
    pub fn client(&self) -> Option<IpAddr> {
        self.about.client
    }

    /// Runs a task that ends with the connection; see [`Socket::spawn`](crate::Socket::spawn).
    ///
    /// ```
    /// # async fn example(socket: sockeye::Socket) -> sockeye::Result {
    /// let (sender, mut receiver) = socket.split();
    /// let clock = sender.clone();
    /// sender.spawn(async move {
    ///     while clock.send("tick").await.is_ok() {
    ///         tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    ///     }
    /// });
    /// while receiver.recv().await?.is_some() {}
    /// # Ok(())
    /// # }
    /// ```
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.link.spawn(task);
    }
}

impl<C: Codec> Sender<C> {
    /// Sends a value; see [`Socket::send`](crate::Socket::send).
    ///
    /// # Errors
    /// When the value cannot be encoded, and when the connection is over.
    pub fn send<'a>(&self, value: impl Into<Outgoing<'a, C::Out>>) -> Sending<'_>
    where
        C::Out: 'a,
    {
        Sending::new::<C>(&self.link, value.into(), true)
    }

    /// Queues a value; see [`Socket::feed`](crate::Socket::feed).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn feed<'a>(&self, value: impl Into<Outgoing<'a, C::Out>>) -> Sending<'_>
    where
        C::Out: 'a,
    {
        Sending::new::<C>(&self.link, value.into(), false)
    }

    /// Waits until everything queued is written; see [`Socket::flush`](crate::Socket::flush).
    ///
    /// # Errors
    /// When the connection is over.
    pub async fn flush(&self) -> Result {
        let mut wait = Wait::default();
        poll_fn(|cx| self.link.poll_flush(cx, &mut wait)).await
    }
}

impl<C> Receiver<C> {
    pub(super) fn new(link: Link, about: Arc<About>) -> Self {
        Self { link, about, codec: PhantomData }
    }

    /// Address of the TCP peer; see [`Handshake::peer`](crate::Handshake::peer).
    pub fn peer(&self) -> Option<SocketAddr> {
        self.about.peer
    }

    /// Address of the client; see [`Handshake::client`](crate::Handshake::client).
    pub fn client(&self) -> Option<IpAddr> {
        self.about.client
    }

    /// The close frame that the peer sent; see [`Socket::close_frame`](crate::Socket::close_frame).
    pub fn close_frame(&self) -> Option<CloseFrame> {
        self.link.close_frame()
    }
}

impl<C: Codec> Receiver<C> {
    /// The next message; see [`Socket::recv`](crate::Socket::recv).
    ///
    /// # Errors
    /// As [`Socket::recv`](crate::Socket::recv).
    pub async fn recv(&mut self) -> Result<Option<C::In>> {
        receive::<C>(&self.link).await
    }
}

impl<C> Drop for Receiver<C> {
    fn drop(&mut self) {
        self.link.deafen();
    }
}

impl<C> Clone for Sender<C> {
    fn clone(&self) -> Self {
        Self::new(self.link.clone(), Arc::clone(&self.about))
    }
}

impl<C> std::fmt::Debug for Sender<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").field("about", &self.about).finish_non_exhaustive()
    }
}

impl<C> std::fmt::Debug for Receiver<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("about", &self.about).finish_non_exhaustive()
    }
}
