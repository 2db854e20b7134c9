//! The interface to the protocol engine: `tokio-websockets` handles frames, masking, fragments, UTF-8 and size limits.
//!
//! Two of its gaps are closed here and in `drive`: a text message whose last fragment is empty can end inside a code
//! point, so the whole text is validated again; and after an error its close frame is written only if polling
//! continues.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;
use futures_sink::Sink;
use sockeye_rules::{
    INVALID_MESSAGE, MESSAGE_TOO_BIG, PROTOCOL_VIOLATION, RATE_LIMITED, Rule, render::count,
};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio_websockets as engine;

use super::{fragments::Fragments, marks::Marks, meter::Meter, ping};
use crate::{
    CloseCode, Message, Utf8Bytes,
    close::{CloseFrame, fitting_reason},
    limits::Rate,
    server::Transport,
};

/// An item that the peer sent.
#[derive(Debug)]
pub(super) enum Received {
    Message(Message),
    Ping,
    Pong {
        /// It answers one of our pings.
        asked: bool,
        /// A handle's ping, which has been answered.
        number: Option<u64>,
    },
    /// The peer's close frame; `None` if it has no code. The answer is queued.
    Close(Option<CloseFrame>),
    /// The peer violated the protocol. The close frame is queued.
    Violation(Violation),
    /// The stream ended or failed.
    Lost(String),
}

/// A violation by the peer that ends the connection.
#[derive(Debug, Clone)]
pub(super) struct Violation {
    pub(super) rule: &'static Rule,
    pub(super) code: CloseCode,
    pub(super) reason: String,
}

impl Violation {
    /// 1008, "a message that violates its policy" (RFC 6455 section 7.4.1): the peer is at fault. 1013 would mean that
    /// the server is overloaded and that the peer may reconnect unchanged.
    pub(super) fn too_fast(rate: Rate) -> Self {
        let Rate { per_second, burst } = rate;
        let messages = count(per_second as usize, "message");
        let reason = format!("more than {messages} per second after a burst of {burst}");
        Self { rule: &RATE_LIMITED, code: CloseCode::POLICY_VIOLATION, reason }
    }
}

/// The head of a control frame from a client: two bytes and the mask (RFC 6455 section 5.2).
const CONTROL_HEAD: u64 = 6;

/// Messages up to this size are copied. Otherwise a message would be a slice of the engine's buffer, which has up to 64 KiB unless
/// a message is longer: a handler that keeps messages of 10 bytes would keep 6,000 times as much. With this limit a message retains
/// at most 16 times its size, and the copy costs less than reference counting the buffer.
const COPIED: usize = 4 * 1024;

/// A WebSocket over an upgraded HTTP connection or stream.
#[derive(Debug)]
pub(super) struct Engine {
    stream: engine::WebSocketStream<Meter<Box<dyn Transport>>>,
    /// The number of our pings that are not answered yet.
    pings: u32,
    /// The handle's ping that is in flight, and whether a ping of another kind was sent after it: a peer may answer only the last
    /// of several (RFC 6455 section 5.5.3).
    numbered: Option<(u64, bool)>,
    /// How many of the received bytes were pings and pongs.
    control: u64,
    /// The pings that show what the peer has read. `None` if there are none.
    marks: Option<Marks>,
}

impl Engine {
    pub(super) fn new(io: Box<dyn Transport>, max_message_size: usize, has_pings: bool) -> Self {
        let limits = engine::Limits::default().max_payload_len(Some(max_message_size));
        let io = Meter::new(io, Fragments::new(max_message_size));
        Self {
            stream: engine::ServerBuilder::new().limits(limits).serve(io),
            pings: 0,
            numbered: None,
            control: 0,
            marks: has_pings.then(Marks::default),
        }
    }

    /// The next frame or message from the peer.
    pub(super) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        Poll::Ready(match ready!(Pin::new(&mut self.stream).poll_next(cx)) {
            Some(Ok(message)) => self.sort(message),
            Some(Err(engine::Error::Io(error))) => Received::Lost(lost(&error)),
            Some(Err(error)) => self.violated(&error),
            None => Received::Lost(WITHOUT_CLOSE.to_owned()),
        })
    }

    fn sort(&mut self, message: engine::Message) -> Received {
        if message.is_binary() {
            return Received::Message(Message::Binary(compact(message.into_payload().into())));
        }
        if message.is_text() {
            return self.sort_text(compact(message.into_payload().into()));
        }
        self.control += CONTROL_HEAD + message.as_payload().len() as u64;
        match message.as_close() {
            Some((engine::CloseCode::NO_STATUS_RECEIVED, _)) => Received::Close(None),
            Some((code, reason)) => Received::Close(Some(CloseFrame {
                code: crate::close::received(code.into()),
                reason: reason.into(),
            })),
            None if message.is_ping() => Received::Ping,
            None => self.sort_pong(message.as_payload()),
        }
    }

    fn sort_pong(&mut self, payload: &[u8]) -> Received {
        let is_mark = self.marks.as_mut().is_some_and(|marks| marks.is_progress(payload));
        let asked = is_mark || self.pings > 0;
        if !is_mark {
            self.pings = self.pings.saturating_sub(1);
        }
        let answered = self.numbered.take_if(|(number, is_followed)| {
            ping::number(payload) == Some(*number) || (*is_followed && (is_mark || payload.is_empty()))
        });
        Received::Pong { asked, number: answered.map(|(number, _)| number) }
    }

    fn sort_text(&mut self, payload: Bytes) -> Received {
        match Utf8Bytes::try_from(payload) {
            Ok(text) => Received::Message(Message::Text(text)),
            Err(_) => Received::Violation(self.close_for(not_utf8())),
        }
    }

    /// Converts the engine's error. The engine has queued a close frame itself, except for the one error that it
    /// detects after a frame is read: a fragmented message that grows too long.
    fn violated(&mut self, error: &engine::Error) -> Received {
        let violation = match error {
            engine::Error::PayloadTooLong { max_len, .. } => Violation {
                rule: &MESSAGE_TOO_BIG,
                code: CloseCode::MESSAGE_TOO_BIG,
                reason: format!("the message is longer than {}", count(*max_len, "byte")),
            },
            engine::Error::Protocol(engine::proto::ProtocolError::InvalidUtf8) => not_utf8(),
            other => Violation {
                rule: &PROTOCOL_VIOLATION,
                code: CloseCode::PROTOCOL_ERROR,
                reason: format!("the peer violated the WebSocket protocol: {other}"),
            },
        };
        Received::Violation(self.close_for(violation))
    }

    fn close_for(&mut self, violation: Violation) -> Violation {
        self.queue_close(violation.code, &violation.reason);
        violation
    }

    /// Queues a message. It is written with the next flush, before any close frame that is queued later.
    pub(super) fn queue(&mut self, message: Message) {
        let bytes = message.len();
        self.start(match message {
            Message::Text(text) => engine::Message::text(Bytes::from(text)),
            Message::Binary(bytes) => engine::Message::binary(bytes),
        });
        if let Some(mark) = self.marks.as_mut().and_then(|marks| marks.after(bytes)) {
            self.follow_numbered();
            self.start(engine::Message::ping(mark));
        }
    }

    /// Queues a ping of the heartbeat.
    pub(super) fn queue_ping(&mut self) {
        self.follow_numbered();
        self.ping(Bytes::new());
    }

    /// Notes that another ping follows the one of a handle.
    fn follow_numbered(&mut self) {
        if let Some((_, is_followed)) = &mut self.numbered {
            *is_followed = true;
        }
    }

    /// Queues a handle's ping with this number.
    pub(super) fn queue_numbered_ping(&mut self, number: u64) {
        self.numbered = Some((number, false));
        self.ping(ping::payload(number));
    }

    fn ping(&mut self, payload: Bytes) {
        self.pings = self.pings.saturating_add(1);
        self.start(engine::Message::ping(payload));
    }

    /// Queues the one close frame. Does nothing if one is queued or sent already.
    pub(super) fn queue_close(&mut self, code: CloseCode, reason: &str) {
        let code =
            engine::CloseCode::try_from(u16::from(code)).unwrap_or(engine::CloseCode::INTERNAL_SERVER_ERROR);
        self.start(engine::Message::close(Some(code), fitting_reason(reason)));
    }

    fn start(&mut self, message: engine::Message) {
        // The only possible error is that a close frame was queued before, and nothing may follow it (RFC 6455 section
        // 5.5.1).
        let _closed_already = Pin::new(&mut self.stream).start_send(message);
    }

    /// Writes what is queued.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), String>> {
        self.stream.get_mut().hold = false;
        let flushed = Pin::new(&mut self.stream).poll_flush(cx).map_err(|error| error.to_string());
        self.stream.get_mut().hold = true;
        flushed
    }

    /// The measure of a send's progress: it grows with every byte that the transport takes, and with every mark that the
    /// peer has read.
    pub(super) fn progress(&self) -> u64 {
        self.stream.get_ref().written.saturating_add(self.marks.as_ref().map_or(0, Marks::read))
    }

    /// How many bytes have arrived in total: evidence that the peer is alive.
    pub(super) fn read(&self) -> u64 {
        self.stream.get_ref().read
    }

    /// The same without pings and pongs: evidence that the peer sends messages.
    pub(super) fn read_of_messages(&self) -> u64 {
        self.read().saturating_sub(self.control)
    }

    /// Shuts down the write side.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(self.stream.get_mut()).poll_shutdown(cx).map(|_over_either_way| ())
    }

    /// Reads and drops anything that the peer still sends, until it closes its side. Closing a socket with unread data
    /// resets it, and the reset can overtake the close frame.
    pub(super) fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut room = [std::mem::MaybeUninit::uninit(); 4096];
        for _ in 0..64 {
            let mut buffer = ReadBuf::uninit(&mut room);
            match ready!(Pin::new(self.stream.get_mut()).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

const WITHOUT_CLOSE: &str = "the connection ended without a close frame";

/// TLS reports an end that the peer has not announced as an error. Without a close frame it is an early end in any case.
fn lost(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof { WITHOUT_CLOSE.to_owned() } else { error.to_string() }
}

/// A message; if it is short, a copy that does not retain the rest of the read buffer.
fn compact(payload: Bytes) -> Bytes {
    if payload.len() <= COPIED { Bytes::copy_from_slice(&payload) } else { payload }
}

fn not_utf8() -> Violation {
    Violation {
        rule: &INVALID_MESSAGE,
        code: CloseCode::INVALID_PAYLOAD,
        reason: "a text message is not valid UTF-8".to_owned(),
    }
}
