//! The handles of a handler's connection.

mod calling;
mod forward;
mod halves;
mod io;
mod receiving;
mod sending;
mod streams;

use std::{
    future::Future,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, SystemTime},
};

pub use calling::Calling;
pub use forward::ForwardItem;
pub use halves::{Receiver, Sender};
pub use io::SocketIo;
pub use receiving::Receiving;
pub use sending::Sending;

use crate::{
    CallCodec, CloseCode, CloseFrame, Codec, Error, Format, IntoOutgoing, Message, Question, Raw, Result,
    call::{self, Answers},
    connection::{Link, Wait},
    error::Kind,
    outbound::Outbound,
};

/// An open WebSocket.
///
/// The server drives the connection, not the handler: while the handler awaits something else, pings are answered, a
/// close by the peer is noticed, and a bounded number of messages is read ahead. Messages that were sent are written
/// together at the next `.await` that suspends the handler. When the last handle is dropped, the connection closes with
/// 1000.
///
/// It is also a `Stream` and a `Sink`, as its halves [`Receiver`] and [`Sender`] are: for adapters, and for code that is generic
/// over them. Its own methods need no import, and fit `?` better.
///
/// ```no_run
/// use sockeye::{Handshake, ws_endpoint};
///
/// #[ws_endpoint("/echo")]
/// async fn echo(handshake: Handshake) -> sockeye::Result {
///     let mut socket = handshake.accept().await?;
///     while let Some(message) = socket.recv().await? {
///         socket.send(message).await?;
///     }
///     Ok(())
/// }
/// ```
pub struct Socket<C = Raw> {
    sender: Sender<C>,
    receiver: Receiver<C>,
}

#[derive(Debug)]
pub(crate) struct About {
    pub(crate) number: u64,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) client: Option<IpAddr>,
    pub(crate) subprotocol: Option<String>,
}

impl About {
    /// The format of the connection.
    fn format<C: Codec>(&self) -> Result<Format<C::In, C::Out>> {
        C::format_for(self.subprotocol.as_deref()).ok_or_else(|| Error::new("the connection has no format"))
    }

    /// Encodes a value, or anything else that becomes a message in this format.
    fn encode<C: Codec>(
        &self,
        encode: impl FnOnce(&Format<C::In, C::Out>) -> Result<Outbound>,
    ) -> Result<(Outbound, Answers)> {
        let format = self.format::<C>()?;
        if !C::may_carry_calls() {
            return Ok((encode(&format)?, Answers::default()));
        }
        let (outbound, answers) = call::leaving(|| encode(&format));
        if answers.are_for_another(self.number) {
            return Err(Error::new(
                "this answer belongs to a call of another connection: send it with the socket that received the call, or its `Sender`",
            ));
        }
        Ok((outbound?, answers))
    }
}

impl<C> Socket<C> {
    pub(crate) fn new(link: Link, about: About) -> Self {
        let about = Arc::new(about);
        Self { sender: Sender::new(link.clone(), Arc::clone(&about)), receiver: Receiver::new(link, about) }
    }

    /// Address of the TCP peer; see [`Handshake::peer`](crate::Handshake::peer).
    pub fn peer(&self) -> Option<SocketAddr> {
        self.sender.peer()
    }

    /// Address of the client; see [`Handshake::client`](crate::Handshake::client).
    pub fn client(&self) -> Option<IpAddr> {
        self.sender.client()
    }

    /// The number of the connection: the [`id`](crate::Connection::id) in [`Connections`](crate::Connections), and of its span in the
    /// log.
    pub fn id(&self) -> u64 {
        self.sender.id()
    }

    /// The subprotocol that both sides agreed on.
    pub fn subprotocol(&self) -> Option<&str> {
        self.sender.about.subprotocol.as_deref()
    }

    /// The close frame that the peer sent, once `recv` has returned `None`. `None` if the frame had no code, or
    /// if the server closed the connection.
    ///
    /// ```
    /// # async fn example(mut socket: sockeye::Socket) -> sockeye::Result {
    /// while socket.recv().await?.is_some() {}
    /// if let Some(frame) = socket.close_frame() {
    ///     println!("the peer left with {}: {}", frame.code, frame.reason);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn close_frame(&self) -> Option<CloseFrame> {
        self.receiver.close_frame()
    }

    /// Spawns a task that ends with the connection: it is cancelled once the handler has returned and the
    /// connection is closed.
    ///
    /// ```
    /// # async fn example(mut socket: sockeye::Socket) -> sockeye::Result {
    /// socket.spawn(async {
    ///     loop {
    ///         tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    ///         println!("still connected");
    ///     }
    /// });
    /// while socket.recv().await?.is_some() {}
    /// # Ok(())
    /// # }
    /// ```
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.sender.link.spawn(task);
    }

    /// Closes with this code and a reason of at most 123 bytes (a longer one is cut between words), and waits until the
    /// connection is closed. Earlier messages are written first, as long as the peer reads some of them within
    /// `Limits::send_timeout`; then the peer has `Limits::close_timeout` to answer.
    ///
    /// ```
    /// # async fn example(socket: sockeye::Socket) -> sockeye::Result {
    /// use sockeye::CloseCode;
    ///
    /// socket.close(CloseCode::TRY_AGAIN_LATER, "the room is full").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// None at present; it is a `Result` so that `?` reads the same everywhere.
    pub async fn close(self, code: CloseCode, reason: impl Into<String>) -> Result<()> {
        self.sender.close(code, reason).await
    }

    /// Moves the end of the session to this time; see [`Accept::expires_at`](crate::Accept::expires_at). Without an end, the session
    /// gets one. Nothing happens if the connection is closing already.
    ///
    /// ```
    /// # use std::time::{Duration, SystemTime};
    /// # fn expiry_of(_: &str) -> Option<SystemTime> { None }
    /// # async fn example(mut socket: sockeye::Socket) -> sockeye::Result {
    /// // The page sends its new token before the old one expires.
    /// while let Some(message) = socket.recv().await? {
    ///     if let Some(expiry) = message.as_text().and_then(expiry_of) {
    ///         socket.renew(expiry);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn renew(&self, at: SystemTime) {
        self.sender.renew(at);
    }

    /// Sends a ping and waits for the answer. Returns the round-trip time; see [`Sender::ping`].
    ///
    /// ```
    /// # async fn example(socket: sockeye::Socket) -> sockeye::Result {
    /// println!("{:?} there and back", socket.ping().await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Sender::ping`].
    pub async fn ping(&self) -> Result<Duration> {
        self.sender.ping().await
    }

    /// Splits the socket into two handles that can be used at the same time, in two tasks or two branches.
    ///
    /// ```
    /// # async fn example(socket: sockeye::Socket) -> sockeye::Result {
    /// let (sender, mut receiver) = socket.split();
    /// let greet = async { sender.send("hello").await };
    /// let listen = async { receiver.recv().await };
    /// let (_, first) = tokio::try_join!(greet, listen)?;
    /// # drop(first);
    /// # Ok(())
    /// # }
    /// ```
    pub fn split(self) -> (Sender<C>, Receiver<C>) {
        (self.sender, self.receiver)
    }
}

impl<C: Codec> Socket<C> {
    /// The next message, or `None` at the end: the peer has closed, or the server is stopping.
    ///
    /// Cancel safe: a message is taken only when it is returned, so if another branch of `tokio::select!` completes
    /// first, no message is lost.
    ///
    /// # Errors
    /// If the connection failed without a close frame, or if the peer sent something that the endpoint cannot accept
    /// (`invalid_message`, `message_too_big`, `protocol_violation`). Returned with `?`, the error ends the handler and
    /// closes with the right code. After an error that ended the connection, `recv` returns `None`; after an
    /// `invalid_message`, the next message.
    #[doc(alias = "next")]
    #[doc(alias = "receive")]
    #[doc(alias = "recv_text")]
    pub fn recv(&mut self) -> Receiving<'_, C> {
        self.receiver.recv()
    }

    /// Sends a value. Completes when the message is queued; it is written at the next `.await` that suspends the
    /// handler. If 64 KiB are queued, this waits until the peer has read some of it.
    ///
    /// ```
    /// # async fn example(socket: sockeye::Socket) -> sockeye::Result {
    /// socket.send("text").await?;
    /// socket.send(vec![1, 2, 3]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the value cannot be encoded, or if the connection is closed.
    #[doc(alias = "send_json")]
    #[doc(alias = "send_text")]
    pub fn send<'a>(&self, value: impl IntoOutgoing<'a, C::Out>) -> Sending<'_>
    where
        C::Out: 'a,
    {
        self.sender.send(value)
    }

    /// Queues a value without requesting that it is written, for batches that end with [`flush`](Self::flush).
    ///
    /// ```
    /// # async fn example(socket: sockeye::Socket) -> sockeye::Result {
    /// for line in ["one", "two", "three"] {
    ///     socket.feed(line).await?;
    /// }
    /// socket.flush().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn feed<'a>(&self, value: impl IntoOutgoing<'a, C::Out>) -> Sending<'_>
    where
        C::Out: 'a,
    {
        self.sender.feed(value)
    }

    /// Asks the client a question, and waits up to 10 s for the answer; see [`Sender::call_within`].
    ///
    /// ```
    /// # #[derive(serde::Serialize)]
    /// # struct Name {}
    /// # #[derive(serde::Deserialize)]
    /// # struct Named { name: String }
    /// # impl sockeye::Question for Name { type Answer = Named; }
    /// # async fn example(socket: sockeye::Socket<sockeye::Json<String>>) -> sockeye::Result {
    /// let Named { name } = socket.call(Name {}).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Sender::call_within`].
    pub fn call<'a, Q: Question + 'a>(&'a self, question: Q) -> Calling<'a, Q::Answer>
    where
        C: CallCodec,
    {
        self.sender.call(question)
    }

    /// The same, and waits up to this time; see [`Sender::call_within`].
    ///
    /// # Errors
    /// As [`Sender::call_within`].
    pub fn call_within<'a, Q: Question + 'a>(&'a self, time: Duration, question: Q) -> Calling<'a, Q::Answer>
    where
        C: CallCodec,
    {
        self.sender.call_within(time, question)
    }

    /// Waits until everything queued is written to the transport.
    ///
    /// # Errors
    /// If the connection is closed.
    pub async fn flush(&self) -> Result {
        self.sender.flush().await
    }
}

impl<C> std::fmt::Debug for Socket<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket").field("about", &self.sender.about).finish_non_exhaustive()
    }
}

/// The next message that is not refused.
fn poll_receive<C: Codec>(
    link: &Link,
    about: &About,
    cx: &mut Context<'_>,
    wait: &mut Wait,
) -> Poll<Result<Option<C::In>>> {
    loop {
        let Some(message) = ready!(link.poll_recv(cx, wait))? else { return Poll::Ready(Ok(None)) };
        if let Some(decoded) = decode::<C>(link, about, message)? {
            return Poll::Ready(Ok(Some(decoded)));
        }
    }
}

/// Decodes what a connection received, and counts what does not decode. `None` for a call that is refused.
fn decode<C: Codec>(link: &Link, about: &About, message: Message) -> Result<Option<C::In>> {
    let format = about.format::<C>()?;
    let decoded = if C::may_carry_calls() {
        let reply_to = || link.reply_to(about.number, format.about.failed_call);
        call::arriving(reply_to, || (format.decode)(message))
    } else {
        Some((format.decode)(message))
    };
    decoded.transpose().map_err(|error| {
        link.undecodable();
        undecodable(error)
    })
}

/// Converts a codec's error into an `invalid_message`; a close code that the codec has set is kept.
fn undecodable(error: Error) -> Error {
    match error.kind() {
        Kind::Failed { .. } | Kind::Status { .. } => Error::invalid_message(error.chain()),
        _ => error,
    }
}

/// Used in the remaining body of a handler whose mistakes are reported, where it used its handshake as a socket. Such a
/// program does not compile, so this is never called.
#[doc(hidden)]
pub fn socket_of<C>(_handshake: &crate::Handshake<C>) -> Socket<C> {
    unreachable!("the program that calls this does not compile")
}
