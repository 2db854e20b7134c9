//! A WebSocket over a transport: `frames` reads and writes the bytes, the rules of when to answer and to close are here.

use std::{
    io::{self, IoSlice},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use sockeye_rules::{
    INVALID_MESSAGE, MESSAGE_TOO_BIG, PROTOCOL_VIOLATION, RATE_LIMITED, Rule, render::count,
};
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWrite as _, ReadBuf};

use super::{marks::Marks, ping};
use crate::{
    CloseCode, Message,
    close::{CloseFrame, fitting_reason},
    compression::Agreed,
    frames::{COPIED, Decoder, Encoder, Event, Fault, Opcode},
    limits::Rate,
    outbound::Outbound,
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

/// How many pieces are written with one call.
const PIECES: usize = 64;

/// The longest piece for a transport that takes one at a time. HTTP/2 is one: hyper keeps up to three of them for a peer that reads
/// nothing, whatever their length.
const PIECE: usize = 16 * 1024;

/// A WebSocket over an upgraded HTTP connection or stream.
#[derive(Debug)]
pub(super) struct Engine {
    io: Box<dyn Transport>,
    /// How messages are compressed, if the client has offered it and the endpoint accepts it.
    compressed: Option<Agreed>,
    decoder: Decoder,
    /// What is queued is written only when it is flushed: replies to a burst are written together.
    encoder: Encoder,
    /// The close frame is queued. Nothing may follow it (RFC 6455 section 5.5.1).
    has_closed: bool,
    /// The peer's close frame, a violation, or the loss of the connection was received.
    is_over: bool,
    /// How many bytes have arrived, and how many the transport has taken. They distinguish a slow peer from one that is gone, even within a
    /// long message.
    read: u64,
    written: u64,
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
    pub(super) fn new(
        io: Box<dyn Transport>,
        max_message_size: usize,
        compressed: Option<Agreed>,
        has_pings: bool,
    ) -> Self {
        Self {
            io,
            compressed,
            decoder: Decoder::new(max_message_size, compressed),
            encoder: Encoder::default(),
            has_closed: false,
            is_over: false,
            read: 0,
            written: 0,
            pings: 0,
            numbered: None,
            control: 0,
            marks: has_pings.then(Marks::default),
        }
    }

    /// The next frame or message from the peer. Nothing comes after its close frame or a violation.
    pub(super) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        while !self.is_over {
            match self.decoder.decode() {
                Ok(Some(event)) => return Poll::Ready(self.sort(event)),
                Err(fault) => return Poll::Ready(self.violated(fault)),
                Ok(None) => {}
            }
            match ready!(self.poll_read(cx)) {
                Ok(0) => self.is_over = true,
                Ok(read) => self.read += read as u64,
                Err(error) => {
                    self.is_over = true;
                    return Poll::Ready(Received::Lost(lost(&error)));
                }
            }
        }
        Poll::Ready(Received::Lost(WITHOUT_CLOSE.to_owned()))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let read = pin!(self.io.read_buf(&mut self.decoder.room())).poll(cx);
        if read.is_pending() {
            self.decoder.rest();
        }
        read
    }

    /// Keeps no more memory than for what has arrived, until it is asked to receive.
    pub(super) fn rest(&mut self) {
        self.decoder.rest();
    }

    fn sort(&mut self, event: Event) -> Received {
        match event {
            Event::Message(message) => Received::Message(message),
            Event::Ping(payload) => {
                self.note_control(payload.len());
                self.queue_control(Opcode::Pong, &payload);
                Received::Ping
            }
            Event::Pong(payload) => {
                self.note_control(payload.len());
                self.sort_pong(&payload)
            }
            Event::Close(frame) => {
                self.answer_close(frame.as_ref());
                Received::Close(frame)
            }
        }
    }

    fn note_control(&mut self, payload: usize) {
        self.control += CONTROL_HEAD + payload as u64;
    }

    /// The answer has the code of the peer (RFC 6455 section 5.5.1).
    fn answer_close(&mut self, frame: Option<&CloseFrame>) {
        self.is_over = true;
        match frame {
            Some(frame) => self.queue_close(frame.code, ""),
            None => self.queue_last(&[]),
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

    /// Queues the close frame for what the peer did.
    fn violated(&mut self, fault: Fault) -> Received {
        self.is_over = true;
        let words = fault.words();
        let (rule, code, reason) = match fault {
            Fault::TooLong(limit) => {
                let reason = format!("the message is longer than {}", count(limit, "byte"));
                (&MESSAGE_TOO_BIG, CloseCode::MESSAGE_TOO_BIG, reason)
            }
            Fault::Text | Fault::CloseReason | Fault::NotDeflated => {
                (&INVALID_MESSAGE, CloseCode::INVALID_PAYLOAD, words.to_owned())
            }
            _ => {
                let reason = format!("the peer violated the WebSocket protocol: {words}");
                (&PROTOCOL_VIOLATION, CloseCode::PROTOCOL_ERROR, reason)
            }
        };
        self.queue_close(code, &reason);
        Received::Violation(Violation { rule, code, reason })
    }

    /// Queues a message. It is written with the next flush, before any close frame that is queued later. A payload that may have an owner in
    /// the program is also added to `foreign`: its last reference must not be dropped here.
    pub(super) fn queue(&mut self, Outbound { message, forms }: Outbound, foreign: &mut Vec<Bytes>) {
        let opcode = if message.as_text().is_some() { Opcode::Text } else { Opcode::Binary };
        let payload = message.into_bytes();
        let mut bytes = payload.len();
        // Memory without another owner is plain memory.
        let is_plain = payload.is_unique();
        let compressed =
            self.compressed.filter(|_| !self.has_closed).and_then(|agreed| forms.deflate(agreed, &payload));
        if let Some(compressed) = compressed {
            bytes = compressed.len();
            self.encoder.compressed(opcode, compressed);
            if !is_plain {
                foreign.push(payload);
            }
        } else if self.has_closed || bytes <= COPIED {
            if !self.has_closed {
                self.encoder.copy(opcode, &payload);
            }
            if !is_plain {
                foreign.push(payload);
            }
        } else {
            if !is_plain {
                foreign.push(payload.clone());
            }
            self.encoder.share(opcode, payload);
        }
        if let Some(mark) = self.marks.as_mut().and_then(|marks| marks.after(bytes)) {
            self.follow_numbered();
            self.queue_control(Opcode::Ping, &mark);
        }
    }

    /// Queues a ping of the heartbeat.
    pub(super) fn queue_ping(&mut self) {
        self.follow_numbered();
        self.ping(&[]);
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
        self.ping(&ping::payload(number));
    }

    fn ping(&mut self, payload: &[u8]) {
        self.pings = self.pings.saturating_add(1);
        self.queue_control(Opcode::Ping, payload);
    }

    fn queue_control(&mut self, opcode: Opcode, payload: &[u8]) {
        if !self.has_closed {
            self.encoder.copy(opcode, payload);
        }
    }

    /// Queues the one close frame. Does nothing if one is queued or sent already.
    pub(super) fn queue_close(&mut self, code: CloseCode, reason: &str) {
        let code = u16::from(code).to_be_bytes();
        self.queue_last(&[&code, fitting_reason(reason).as_bytes()].concat());
    }

    fn queue_last(&mut self, payload: &[u8]) {
        self.queue_control(Opcode::Close, payload);
        self.has_closed = true;
    }

    /// Writes what is queued.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), String>> {
        let flushed = self.poll_write_all(cx).map_err(|error| error.to_string());
        self.encoder.rest();
        flushed
    }

    fn poll_write_all(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.encoder.is_empty() {
            let written = ready!(self.poll_write(cx))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += written as u64;
            self.encoder.advance(written);
        }
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let io = Pin::new(&mut self.io);
        let is_vectored = io.is_write_vectored();
        if let Some(bytes) = self.encoder.in_one().filter(|bytes| is_vectored || bytes.len() <= PIECE) {
            return io.poll_write(cx, bytes);
        }
        let mut pieces = [IoSlice::new(&[]); PIECES];
        let used = self.encoder.pieces(&mut pieces);
        if is_vectored {
            return io.poll_write_vectored(cx, &pieces[..used]);
        }
        let first = &*pieces[0];
        io.poll_write(cx, &first[..first.len().min(PIECE)])
    }

    /// The measure of a send's progress: it grows with every byte that the transport takes, and with every mark that the
    /// peer has read.
    pub(super) fn progress(&self) -> u64 {
        self.written.saturating_add(self.marks.as_ref().map_or(0, Marks::read))
    }

    /// How many bytes have arrived in total: evidence that the peer is alive.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// The same without pings and pongs: evidence that the peer sends messages.
    pub(super) fn read_of_messages(&self) -> u64 {
        self.read().saturating_sub(self.control)
    }

    /// Shuts down the write side.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.io).poll_shutdown(cx).map(|_over_either_way| ())
    }

    /// Reads and drops anything that the peer still sends, until it closes its side. Closing a socket with unread data
    /// resets it, and the reset can overtake the close frame.
    pub(super) fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut room = [std::mem::MaybeUninit::uninit(); 4096];
        for _ in 0..64 {
            let mut buffer = ReadBuf::uninit(&mut room);
            match ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer)) {
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
