//! An open WebSocket, and the ways in which it can end.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio_websockets::{ClientBuilder, Error, Limits, Message, WebSocketStream};

use super::{answer::Answer, received::Received, transport::Duplex};

/// The biggest message that is read.
const MESSAGE: usize = 16 * 1024 * 1024;

/// The next item.
pub(super) enum Event {
    Pong(Vec<u8>),
    Ping,
    Data(Received),
    Closed {
        code: u16,
        reason: String,
    },
    /// The stream ended without a close frame.
    Ended,
    /// A message above the size limit.
    TooBig,
    /// More messages than the limit.
    TooMany,
    /// The server violates the protocol.
    Wrong(String),
    Failed(std::io::Error),
}

/// The maximum number of messages that are read. Each ping is answered, and if the server does not read, the answers
/// accumulate here.
const MESSAGES: usize = 100_000;

/// The client's end.
pub(super) struct Session {
    read: usize,
    socket: WebSocketStream<Box<dyn Duplex>>,
}

impl Session {
    pub(super) fn of(answer: Answer) -> Self {
        let limits = Limits::default().max_payload_len(Some(MESSAGE));
        let stream: Box<dyn Duplex> = Box::new(answer.into_stream());
        Self { read: 0, socket: ClientBuilder::new().limits(limits).take_over(stream) }
    }

    /// `false` if the connection has ended.
    pub(super) async fn ping(&mut self, payload: &[u8]) -> bool {
        self.socket.send(Message::ping(payload.to_vec())).await.is_ok()
    }

    /// `false` if the connection has ended.
    pub(super) async fn send(&mut self, text: &str) -> bool {
        self.socket.send(Message::text(text.to_owned())).await.is_ok()
    }

    /// `false` if the connection has ended.
    pub(super) async fn close(&mut self) -> bool {
        let close = Message::close(Some(tokio_websockets::CloseCode::NORMAL_CLOSURE), "");
        self.socket.send(close).await.is_ok()
    }

    pub(super) async fn next(&mut self) -> Event {
        self.read += 1;
        if self.read > MESSAGES {
            return Event::TooMany;
        }
        match self.socket.next().await {
            None => Event::Ended,
            Some(Err(error)) => broken(error),
            Some(Ok(message)) => event(&message),
        }
    }
}

fn event(message: &Message) -> Event {
    if message.is_pong() {
        return Event::Pong(message.as_payload().to_vec());
    }
    if message.is_ping() {
        return Event::Ping;
    }
    match message.as_close() {
        Some((code, reason)) => Event::Closed { code: code.into(), reason: reason.to_owned() },
        None => Event::Data(received(message)),
    }
}

fn received(message: &Message) -> Received {
    match message.as_text() {
        Some(text) => Received::Text(text.to_owned()),
        None => Received::Binary(message.as_payload().to_vec()),
    }
}

fn broken(error: Error) -> Event {
    match error {
        Error::PayloadTooLong { .. } => Event::TooBig,
        // A peer that omits the TLS close has ended the connection anyway.
        Error::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Event::Ended,
        Error::Io(error) => Event::Failed(error),
        other => Event::Wrong(other.to_string()),
    }
}
