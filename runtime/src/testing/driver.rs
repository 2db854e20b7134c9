//! The task behind a [`TestSocket`](super::TestSocket): it reads all the time and answers pings, as a browser does even
//! while its page is busy.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use futures_core::Stream as _;
use futures_sink::Sink as _;
use tokio::{
    io::{AsyncRead as _, AsyncWrite as _, ReadBuf},
    sync::{mpsc, oneshot},
};
use tokio_websockets as engine;

use super::TestStream;
use crate::{CloseFrame, Message, Utf8Bytes};

/// An item from the server.
#[derive(Debug)]
pub(super) enum Event {
    Message(Message),
    Ping(Bytes),
    Pong(Bytes),
    Closed(CloseFrame),
    /// The end of the stream, with its cause.
    Ended(String),
}

/// A request of the socket to its driver.
#[derive(Debug)]
pub(super) enum Command {
    Write(Write),
    Attend(Attention),
}

/// How the client treats data from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attention {
    /// Reads, and answers pings.
    Full,
    /// Reads nothing.
    Busy,
    /// As if the cable were pulled: everything that it sends and receives is lost.
    Gone,
}

/// Data to write, and the task that waits for it.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) what: What,
    pub(super) done: oneshot::Sender<Result<(), String>>,
}

#[derive(Debug)]
pub(super) enum What {
    /// `None`: it is queued but not flushed.
    Message(Option<engine::Message>),
    Raw(Bytes),
    HalfClose,
}

type Engine = engine::WebSocketStream<TestStream>;

/// The client's end of one connection.
pub(super) struct Driver {
    /// `None`: the connection has ended.
    stream: Option<Engine>,
    commands: mpsc::UnboundedReceiver<Command>,
    events: mpsc::UnboundedSender<Event>,
    writes: VecDeque<Write>,
    attention: Attention,
    closed: bool,
    /// Both close frames are exchanged; the server still has to end the stream (RFC 6455 section 7.1.1).
    leaving: bool,
}

impl Driver {
    pub(super) fn new(
        stream: TestStream,
        commands: mpsc::UnboundedReceiver<Command>,
        events: mpsc::UnboundedSender<Event>,
    ) -> Self {
        let limits = engine::Limits::unlimited();
        let stream = engine::ClientBuilder::new().limits(limits).take_over(stream);
        Self {
            stream: Some(stream),
            commands,
            events,
            writes: VecDeque::new(),
            attention: Attention::Full,
            closed: false,
            leaving: false,
        }
    }

    /// Runs until the socket is dropped; then the pipe is dropped as well, without a close frame.
    pub(super) async fn run(mut self) {
        std::future::poll_fn(|cx| self.poll(cx)).await;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(command) = ready_or_pending(self.commands.poll_recv(cx)) {
            match command {
                Some(Command::Write(write)) => self.writes.push_back(write),
                Some(Command::Attend(attention)) => self.attention = attention,
                None => return Poll::Ready(()),
            }
        }
        self.write(cx);
        self.read(cx);
        Poll::Pending
    }

    fn write(&mut self, cx: &mut Context<'_>) {
        while let Some(write) = self.writes.front_mut() {
            let written = match &mut self.stream {
                Some(_) if self.attention == Attention::Gone => Poll::Ready(Ok(())),
                Some(stream) => poll_write(stream, &mut write.what, cx),
                None => Poll::Ready(Err("the connection is closed".to_owned())),
            };
            let Poll::Ready(written) = written else { return };
            if let Some(write) = self.writes.pop_front() {
                let _nobody_waits = write.done.send(written);
            }
        }
    }

    fn read(&mut self, cx: &mut Context<'_>) {
        while let Some(stream) = &mut self.stream {
            let Poll::Ready(event) = (match self.attention {
                Attention::Busy => return,
                Attention::Gone => return lose(stream, cx),
                Attention::Full if self.leaving => poll_end(stream, self.closed, cx).map(Some),
                Attention::Full => poll_event(stream, cx),
            }) else {
                return;
            };
            match &event {
                None => self.leaving = true,
                Some(Event::Closed(_)) => self.closed = true,
                Some(Event::Ended(_)) => self.stream = None,
                Some(_) => {}
            }
            if let Some(event) = event {
                let _nobody_listens = self.events.send(event);
            }
        }
    }
}

fn ready_or_pending<T>(poll: Poll<T>) -> Option<T> {
    if let Poll::Ready(value) = poll { Some(value) } else { None }
}

fn poll_write(stream: &mut Engine, what: &mut What, cx: &mut Context<'_>) -> Poll<Result<(), String>> {
    match what {
        What::Message(message) => {
            if let Some(message) = message.take() {
                Pin::new(&mut *stream).start_send(message).map_err(|error| error.to_string())?;
            }
            Pin::new(stream).poll_flush(cx).map_err(|error| error.to_string())
        }
        What::Raw(bytes) => poll_write_raw(stream.get_mut(), bytes, cx).map_err(|error| error.to_string()),
        What::HalfClose => Pin::new(stream.get_mut()).poll_shutdown(cx).map_err(|error| error.to_string()),
    }
}

fn poll_write_raw(stream: &mut TestStream, bytes: &mut Bytes, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
    while !bytes.is_empty() {
        let written = ready!(Pin::new(&mut *stream).poll_write(cx, bytes))?;
        bytes.advance(written);
    }
    Pin::new(stream).poll_flush(cx)
}

/// The next item; `None` if the engine has nothing more to do.
fn poll_event(stream: &mut Engine, cx: &mut Context<'_>) -> Poll<Option<Event>> {
    Poll::Ready(match ready!(Pin::new(stream).poll_next(cx)) {
        Some(Ok(message)) => Some(sort(message)),
        Some(Err(engine::Error::Io(error))) => Some(Event::Ended(format!("the connection broke: {error}"))),
        Some(Err(error)) => {
            Some(Event::Ended(format!("the server violated the WebSocket protocol: {error}")))
        }
        None => None,
    })
}

fn sort(message: engine::Message) -> Event {
    if let Some((code, reason)) = message.as_close() {
        return Event::Closed(CloseFrame {
            code: crate::close::received(code.into()),
            reason: reason.into(),
        });
    }
    let event: fn(Bytes) -> Event = if message.is_ping() {
        Event::Ping
    } else if message.is_pong() {
        Event::Pong
    } else if message.is_text() {
        |payload| Event::Message(Message::Text(text_of(payload)))
    } else {
        |payload| Event::Message(Message::Binary(payload))
    };
    event(message.into_payload().into())
}

/// The engine has validated it, except for the one case in `connection::engine`; a server never sends that.
fn text_of(payload: Bytes) -> Utf8Bytes {
    let lossy = String::from_utf8_lossy(&payload).into_owned();
    Utf8Bytes::try_from(payload).unwrap_or_else(|_| lossy.into())
}

/// Waits for the end of the stream.
fn poll_end(stream: &mut Engine, closed: bool, cx: &mut Context<'_>) -> Poll<Event> {
    ready!(poll_discard(stream.get_mut(), cx));
    let without = if closed { "" } else { " without a close frame" };
    Poll::Ready(Event::Ended(format!("the connection ended{without}")))
}

/// The pipe is drained, so that the server's writes succeed; the data is discarded.
fn lose(stream: &mut Engine, cx: &mut Context<'_>) {
    let _ended_or_not = poll_discard(stream.get_mut(), cx);
}

fn poll_discard(stream: &mut TestStream, cx: &mut Context<'_>) -> Poll<()> {
    let mut room = [0; 4096];
    loop {
        let mut buffer = ReadBuf::new(&mut room);
        match ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer)) {
            Ok(()) if !buffer.filled().is_empty() => {}
            _ => return Poll::Ready(()),
        }
    }
}
