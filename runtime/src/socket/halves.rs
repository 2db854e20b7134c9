use std::{
    future::poll_fn,
    marker::PhantomData,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use super::{About, Calling, Receiving, Sending};
use crate::{
    CallCodec, CloseCode, CloseFrame, Codec, IntoOutgoing, Question, Raw, Result,
    call::{self, Answers},
    close::fitting_reason,
    connection::{Link, Wait},
    outbound::Outbound,
};

/// How long a call waits for its answer by default.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// The sending half of a [`Socket`](crate::Socket), also a [`Sink`](futures_sink::Sink). Clones send on the same connection.
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
    /// Where it waits as a sink.
    pub(super) wait: Wait,
    codec: PhantomData<fn() -> C>,
}

/// The receiving half of a [`Socket`](crate::Socket), also a [`Stream`](futures_core::Stream). When it is dropped, messages are discarded as they
/// arrive; the connection stays open until the last [`Sender`] is dropped too.
pub struct Receiver<C = Raw> {
    pub(super) link: Link,
    pub(super) about: Arc<About>,
    /// Where it waits as a stream.
    pub(super) wait: Wait,
    /// The end has been returned.
    pub(super) ended: bool,
    codec: PhantomData<fn() -> C>,
}

impl<C> Sender<C> {
    pub(super) fn new(link: Link, about: Arc<About>) -> Self {
        Self { link, about, wait: Wait::default(), codec: PhantomData }
    }

    /// Address of the TCP peer; see [`Handshake::peer`](crate::Handshake::peer).
    pub fn peer(&self) -> Option<SocketAddr> {
        self.about.peer
    }

    /// Address of the client; see [`Handshake::client`](crate::Handshake::client).
    pub fn client(&self) -> Option<IpAddr> {
        self.about.client
    }

    /// The number of the connection; see [`Socket::id`](crate::Socket::id).
    pub fn id(&self) -> u64 {
        self.about.number
    }

    /// Moves the end of the session; see [`Socket::renew`](crate::Socket::renew).
    pub fn renew(&self, at: SystemTime) {
        self.link.expire_at(at);
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

impl<C> Sender<C> {
    /// Closes with this code and a reason of at most 123 bytes (a longer one is cut between words), and waits until the
    /// connection is closed; see [`Socket::close`](crate::Socket::close). `recv` of the other half returns the
    /// messages that were read before, and then `None`; from now on every send fails. If the connection is
    /// already closing, nothing happens.
    ///
    /// RFC 6455 section 7.1.2. If this is dropped while it waits, the connection closes anyway.
    ///
    /// ```
    /// # async fn example(socket: sockeye::Socket) -> sockeye::Result {
    /// use sockeye::CloseCode;
    ///
    /// let (sender, mut receiver) = socket.split();
    /// let warden = sender.clone();
    /// sender.spawn(async move {
    ///     tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    ///     let _over = warden.close(CloseCode::POLICY_VIOLATION, "an hour is enough").await;
    /// });
    /// while let Some(message) = receiver.recv().await? {
    ///     sender.send(message).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// None at present; it is a `Result` so that `?` reads the same everywhere.
    pub async fn close(&self, code: CloseCode, reason: impl Into<String>) -> Result {
        self.link.close(code, fitting_reason(&reason.into()).to_owned());
        let mut wait = Wait::default();
        poll_fn(|cx| self.link.poll_over(cx, &mut wait)).await;
        Ok(())
    }

    /// Sends a ping (RFC 6455 section 5.5.2) and waits for the answer. Returns the round-trip time, from when
    /// the ping is written to the transport until the connection reads the pong.
    ///
    /// At most one ping is in flight: overlapping calls get the same answer. It is independent of the
    /// heartbeat, except for its [timeout](crate::Heartbeat::timeout), which applies here too (10 s, even if
    /// the heartbeat is off).
    ///
    /// Cancel safe: a call that is dropped has no further effect.
    ///
    /// The pong is read in order. While the handler does not receive, at most 64 messages are read ahead, so a handler
    /// that only pings does not see the pong of a client that sends many messages: it then gets an error that says so.
    ///
    /// ```
    /// # async fn example(socket: sockeye::Socket) -> sockeye::Result {
    /// let (sender, mut receiver) = socket.split();
    /// let watch = sender.clone();
    /// sender.spawn(async move {
    ///     while let Ok(time) = watch.ping().await {
    ///         println!("{time:?} there and back");
    ///         tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    ///     }
    /// });
    /// while receiver.recv().await?.is_some() {}
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the connection is closed; if there is no answer in time (returned with `?`, the error closes with
    /// 1011 and the rule `heartbeat_missed`; otherwise the connection stays open); or if the answer cannot be
    /// read, as above.
    pub async fn ping(&self) -> Result<Duration> {
        let (mut wait, mut asked) = (Wait::default(), None);
        poll_fn(|cx| self.link.poll_ping(cx, &mut wait, &mut asked)).await
    }

    /// Closes with 1000, after everything that was sent, and waits until the connection is closed.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.link.close(CloseCode::NORMAL, String::new());
        self.link.poll_over(cx, &mut self.wait)
    }

    #[cfg(test)]
    pub(crate) fn link(&self) -> &Link {
        &self.link
    }
}

impl<C: Codec> Sender<C> {
    /// Sends a value; see [`Socket::send`](crate::Socket::send).
    ///
    /// # Errors
    /// If the value cannot be encoded, or if the connection is closed.
    #[doc(alias = "send_json")]
    #[doc(alias = "send_text")]
    pub fn send<'a>(&self, value: impl IntoOutgoing<'a, C::Out>) -> Sending<'_>
    where
        C::Out: 'a,
    {
        Sending::new(&self.link, self.encode(value), true)
    }

    /// Queues a value; see [`Socket::feed`](crate::Socket::feed).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn feed<'a>(&self, value: impl IntoOutgoing<'a, C::Out>) -> Sending<'_>
    where
        C::Out: 'a,
    {
        Sending::new(&self.link, self.encode(value), false)
    }

    pub(super) fn encode<'a>(&self, value: impl IntoOutgoing<'a, C::Out>) -> Result<(Outbound, Answers)>
    where
        C::Out: 'a,
    {
        self.about.encode::<C>(|format| value.into_outgoing().encode(format))
    }

    /// Asks the client a question, and waits up to 10 s for the answer; see [`call_within`](Self::call_within).
    ///
    /// # Errors
    /// As [`call_within`](Self::call_within).
    pub fn call<'a, Q: Question + 'a>(&'a self, question: Q) -> Calling<'a, Q::Answer>
    where
        C: CallCodec,
    {
        self.call_within(CALL_TIMEOUT, question)
    }

    /// Asks the client a question, and waits up to this time for the answer: a message with the same `id`, which `recv` does not return. In the browser client, the
    /// property `onCall` answers.
    ///
    /// The question is an object with an `id` such as `sockeye-3f6c0a91d2b84e57-1`, a different one for each call of the connection. The client answers with an object that has the
    /// same `id`, and the fields of the answer or an `error`. Its own calls must not have such an `id`. At most 64 calls of a connection wait at a time.
    ///
    /// Answers are read while other messages wait to be received, so a handler can await a call without receiving. But at most 64 messages are read ahead:
    /// if the client sends more, the answer is not read, and the call ends with [`CallError::Unread`](crate::CallError::Unread). An endpoint whose clients send many messages awaits calls
    /// beside `recv`, as below.
    ///
    /// Cancel safe: a call that is dropped is forgotten. Its answer is dropped when it comes, as after a timeout.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use serde::{Deserialize, Serialize};
    /// use sockeye::{CallError, Handshake, Json, Question, ws_endpoint};
    ///
    /// #[derive(Serialize)]
    /// struct MayDelete { file: String }
    ///
    /// #[derive(Deserialize)]
    /// struct Decision { yes: bool }
    ///
    /// impl Question for MayDelete {
    ///     type Answer = Decision;
    /// }
    ///
    /// #[derive(Deserialize)]
    /// struct Select { file: String }
    ///
    /// #[derive(Serialize)]
    /// struct Deleted { file: String }
    ///
    /// /// Deletes what the user selects, if the user confirms it.
    /// #[ws_endpoint("/ws/files")]
    /// async fn files(handshake: Handshake<Json<Select, Deleted>>) -> sockeye::Result {
    ///     let (sender, mut receiver) = handshake.accept().await?.split();
    ///     while let Some(Select { file }) = receiver.recv().await? {
    ///         let asks = sender.clone();
    ///         sender.spawn(async move {
    ///             let question = MayDelete { file: file.clone() };
    ///             match asks.call_within(Duration::from_secs(60), question).await {
    ///                 Ok(Decision { yes: true }) => _ = asks.send(Deleted { file }).await,
    ///                 Ok(_) | Err(CallError::Closed(_)) => {}
    ///                 Err(error) => println!("{error}"),
    ///             }
    ///         });
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// If there is no answer in time, or another one than the question has: see [`CallError`](crate::CallError).
    pub fn call_within<'a, Q: Question + 'a>(&'a self, time: Duration, question: Q) -> Calling<'a, Q::Answer>
    where
        C: CallCodec,
    {
        Calling::new(call::ask::<C, Q>(&self.link, time, question))
    }

    /// Waits until everything queued is written; see [`Socket::flush`](crate::Socket::flush).
    ///
    /// # Errors
    /// If the connection is closed.
    pub async fn flush(&self) -> Result {
        let mut wait = Wait::default();
        poll_fn(|cx| self.link.poll_flush(cx, &mut wait)).await
    }
}

impl<C> Receiver<C> {
    pub(super) fn new(link: Link, about: Arc<About>) -> Self {
        Self { link, about, wait: Wait::default(), ended: false, codec: PhantomData }
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
    #[doc(alias = "next")]
    #[doc(alias = "receive")]
    #[doc(alias = "recv_text")]
    pub fn recv(&mut self) -> Receiving<'_, C> {
        Receiving::new(self)
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
