use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, header, response::Parts};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::{mpsc, oneshot};
use tokio_websockets as engine;

use super::{
    TestError, TestStream,
    driver::{Attention, Command, Driver, What, Write},
    error::Came,
    hosted::Hosted,
    inbox::Inbox,
};
use crate::{CloseCode, CloseFrame, Message, close::fitting_reason};

/// The client's end of an open connection.
///
/// A separate task reads and answers pings all the time, as a browser does even while its page is busy; so a test may
/// sleep, or wait for another client, and this one stays connected. Every wait ends after the client's
/// [`patience`](super::TestClient::patience) with an error that says what was waited for.
///
/// Dropping it simulates a client that vanishes without a close frame.
///
/// ```
/// use sockeye::CloseCode;
/// # use sockeye::testing::{TestClient, TestError};
/// # async fn example(client: TestClient) -> Result<(), TestError> {
/// let mut socket = client.connect("/sum").await?;
/// socket.send_json(&[1, 2, 3]).await?;
/// assert_eq!(socket.recv_json::<i64>().await?, 6);
/// socket.send("not JSON").await?;
/// assert_eq!(socket.closed().await?.code, CloseCode::INVALID_PAYLOAD);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TestSocket {
    path: String,
    head: Parts,
    peer: std::net::SocketAddr,
    commands: mpsc::UnboundedSender<Command>,
    inbox: Inbox,
    reset: Arc<AtomicBool>,
    patience: Duration,
    /// Keeps the server running as long as one of its sockets exists.
    _server: Arc<Hosted>,
}

impl TestSocket {
    pub(super) fn new(
        path: String,
        head: Parts,
        stream: TestStream,
        patience: Duration,
        server: Arc<Hosted>,
    ) -> Self {
        let (commands, orders) = mpsc::unbounded_channel();
        let (tell, events) = mpsc::unbounded_channel();
        let (peer, reset) = (stream.peer(), stream.switch());
        tokio::spawn(Driver::new(stream, orders, tell).run());
        Self { path, head, peer, commands, inbox: Inbox::new(events), reset, patience, _server: server }
    }

    /// The address of this client, as the server sees it; the log contains it.
    pub fn peer(&self) -> std::net::SocketAddr {
        self.peer
    }

    /// The subprotocol that the server chose.
    pub fn subprotocol(&self) -> Option<&str> {
        self.headers().get(header::SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()
    }

    /// The headers of the response to the handshake.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Sets how long this socket waits for anything, from here on.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Sends a text or binary message, and waits until it is written.
    ///
    /// # Errors
    /// If the connection has ended, or the server does not read.
    pub async fn send(&self, message: impl Into<Message>) -> Result<(), TestError> {
        let message = match message.into() {
            Message::Text(text) => engine::Message::text(Bytes::from(text)),
            Message::Binary(bytes) => engine::Message::binary(bytes),
        };
        self.write(What::Message(Some(message)), "a message to be sent").await
    }

    /// Sends a value as JSON text.
    ///
    /// # Errors
    /// As [`send`](Self::send), and if the value cannot be encoded as JSON.
    pub async fn send_json(&self, value: &(impl Serialize + ?Sized)) -> Result<(), TestError> {
        match serde_json::to_string(value) {
            Ok(text) => self.send(text).await,
            Err(error) => Err(self.fault("a message to be sent", &error)),
        }
    }

    /// Sends raw bytes: malformed frames, or parts of frames.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_raw(&self, bytes: impl Into<Bytes>) -> Result<(), TestError> {
        self.write(What::Raw(bytes.into()), "bytes to be sent").await
    }

    /// The next message from the server; pings are separate ([`recv_ping`](Self::recv_ping)).
    ///
    /// # Errors
    /// If the server closes, or nothing arrives.
    pub async fn recv(&mut self) -> Result<Message, TestError> {
        self.message("a message").await
    }

    /// The next message, which must be a text message.
    ///
    /// # Errors
    /// As [`recv`](Self::recv), and if a binary message arrives.
    pub async fn recv_text(&mut self) -> Result<String, TestError> {
        const WAITED: &str = "a text message";
        match self.message(WAITED).await? {
            Message::Text(text) => Ok(text.to_string()),
            binary @ Message::Binary(_) => Err(self.error(WAITED, Came::Message(binary))),
        }
    }

    /// The next message, which must be a binary message.
    ///
    /// # Errors
    /// As [`recv`](Self::recv), and if a text message arrives.
    pub async fn recv_binary(&mut self) -> Result<Bytes, TestError> {
        const WAITED: &str = "a binary message";
        match self.message(WAITED).await? {
            Message::Binary(bytes) => Ok(bytes),
            text @ Message::Text(_) => Err(self.error(WAITED, Came::Message(text))),
        }
    }

    /// The next message, which must be JSON of this type.
    ///
    /// # Errors
    /// As [`recv`](Self::recv), and if something else arrives.
    pub async fn recv_json<T: DeserializeOwned>(&mut self) -> Result<T, TestError> {
        const WAITED: &str = "a message in JSON";
        let message = self.message(WAITED).await?;
        let read = serde_json::from_slice(message.as_bytes());
        read.map_err(|error| self.error(WAITED, Came::Undecodable(message, error.to_string())))
    }

    /// The payload of the server's next ping, which is already answered.
    ///
    /// # Errors
    /// If the server closes, or nothing arrives.
    pub async fn recv_ping(&mut self) -> Result<Bytes, TestError> {
        self.take("a ping", |inbox| inbox.pings.pop_front().map(Ok).or_else(|| inbox.over().map(Err))).await
    }

    /// Sends a ping of at most 125 bytes and waits for the answer.
    ///
    /// # Errors
    /// If the server closes or does not answer.
    pub async fn ping(&mut self, payload: impl Into<Bytes>) -> Result<(), TestError> {
        const WAITED: &str = "the answer to a ping";
        let payload = payload.into();
        self.write(What::Message(Some(engine::Message::ping(payload.clone()))), WAITED).await?;
        self.take(WAITED, |inbox| {
            let answered = inbox.pongs.drain(..).any(|pong| pong == payload);
            if answered { Some(Ok(())) } else { inbox.over().map(Err) }
        })
        .await
    }

    /// Waits for the server's close frame; a close frame without a code has the code 1005 (RFC 6455 section 7.1.5).
    ///
    /// # Errors
    /// If a message arrives before it, if the connection ends without a close frame, or if nothing arrives.
    pub async fn closed(&mut self) -> Result<CloseFrame, TestError> {
        self.take("a close frame", |inbox| {
            let before = inbox.messages.pop_front().map(|message| Err(Came::Message(message)));
            before.or_else(|| inbox.closed.clone().map(Ok)).or_else(|| inbox.over().map(Err))
        })
        .await
    }

    /// Waits until the server has ended the stream, with or without a close frame. Messages that arrive before that can
    /// still be received.
    ///
    /// # Errors
    /// If the stream does not end.
    pub async fn ended(&mut self) -> Result<(), TestError> {
        self.take("the end of the connection", |inbox| inbox.ended.as_ref().map(|_| Ok(()))).await
    }

    /// Waits and checks that nothing arrives: no message, and no end of the connection.
    ///
    /// # Errors
    /// If something arrives.
    pub async fn nothing_for(&mut self, time: Duration) -> Result<(), TestError> {
        let anything = self.inbox.take(|inbox| {
            let message = inbox.messages.pop_front().map(Came::Message);
            message.or_else(|| inbox.over()).map(Err::<(), _>)
        });
        match tokio::time::timeout(time, anything).await {
            Err(_) | Ok(Ok(())) => Ok(()),
            Ok(Err(came)) => Err(self.error("nothing to arrive", came)),
        }
    }

    /// Closes, and waits for the server's answer. Messages that arrive before it can still be received.
    ///
    /// # Errors
    /// If the connection ends without an answer, or nothing arrives.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<CloseFrame, TestError> {
        let code = engine::CloseCode::try_from(u16::from(code)).unwrap_or(engine::CloseCode::NORMAL_CLOSURE);
        let frame = engine::Message::close(Some(code), fitting_reason(reason));
        // If it cannot be sent, the server has closed first, or the wait returns what happened.
        let _sent = self.write(What::Message(Some(frame)), "a close frame to be sent").await;
        self.take("the answer to a close frame", |inbox| {
            inbox.closed.clone().map(Ok).or_else(|| inbox.over().map(Err))
        })
        .await
    }

    /// Shuts down the write side without a close frame, and keeps reading: the stream is half-closed.
    ///
    /// # Errors
    /// If the connection has ended.
    pub async fn half_close(&self) -> Result<(), TestError> {
        self.write(What::HalfClose, "the end of the client's side to be sent").await
    }

    /// Breaks the connection: the server's next read or write fails with "connection reset".
    pub fn reset(self) {
        self.reset.store(true, Ordering::SeqCst);
    }

    /// Stops reading, both messages and pings: a slow consumer. About 64 KiB more fit into the pipe.
    pub fn stop_reading(&self) {
        self.attend(Attention::Busy);
    }

    /// Resumes reading.
    pub fn resume_reading(&self) {
        self.attend(Attention::Full);
    }

    /// Simulates a pulled cable: from here on nothing that either side sends arrives, and neither side gets an error.
    /// Data that the server writes is lost, no ping is answered, and the connection does not end. This lasts until the
    /// socket is dropped.
    pub fn go_silent(&self) {
        self.attend(Attention::Gone);
    }

    fn attend(&self, attention: Attention) {
        let _over = self.commands.send(Command::Attend(attention));
    }

    async fn message(&mut self, waited: &'static str) -> Result<Message, TestError> {
        self.take(waited, |inbox| inbox.messages.pop_front().map(Ok).or_else(|| inbox.over().map(Err))).await
    }

    async fn take<T>(
        &mut self,
        waited: &'static str,
        look: impl Fn(&mut Inbox) -> Option<Result<T, Came>>,
    ) -> Result<T, TestError> {
        let taken = tokio::time::timeout(self.patience, self.inbox.take(look)).await;
        taken.unwrap_or(Err(Came::Nothing(self.patience))).map_err(|came| self.error(waited, came))
    }

    async fn write(&self, what: What, waited: &'static str) -> Result<(), TestError> {
        let (done, written) = oneshot::channel();
        let _over = self.commands.send(Command::Write(Write { what, done }));
        let came = match tokio::time::timeout(self.patience, written).await {
            Ok(Ok(Ok(()))) => return Ok(()),
            Ok(Ok(Err(why))) => Came::Ended(why),
            Ok(Err(_)) => Came::Ended("the client is gone".to_owned()),
            Err(_) => Came::Nothing(self.patience),
        };
        Err(self.error(waited, came))
    }

    fn fault(&self, waited: &'static str, error: &dyn std::fmt::Display) -> TestError {
        self.error(waited, Came::Fault(error.to_string()))
    }

    fn error(&self, waited: &'static str, came: Came) -> TestError {
        TestError::new(&self.path, waited, came)
    }
}
