//! The stream of a connection and its buffers: the owner's part of the cell.
//!
//! Everything that touches the stream runs foreign code: HTTP/2 emits events while it is polled, which a layer of the program may
//! send over the same connection; a payload is dropped after it is written, and its owner can do anything; the rate limit and the
//! transport read the clock, and the transport stores wakers. So it has a lock of its own, for which no task ever waits
//! (`Cell::wire`).

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;

use super::{
    end::End,
    engine::{Engine, Received, Violation},
    state::Outbox,
};
use crate::{Message, limiter::Pace, log::Words, outbound::Outbound, panic};

/// How many pongs may wait to be written before reading stops: a flood of pings must not accumulate pongs.
const PONGS: u32 = 64;

#[derive(Debug)]
pub(super) struct Wire {
    engine: Option<Box<Engine>>,
    /// The owner's waker. Whichever task reads, the owner is woken when there is more.
    owner: Option<Waker>,
    /// The rate limit of messages; `None`: no limit.
    pace: Option<Box<Pace>>,
    /// How many pongs were queued since everything was last written.
    pongs: u32,
    /// The engine has data that is not written yet.
    is_behind: bool,
    /// Messages from the outbox that are not in the engine yet.
    taken: VecDeque<Outbound>,
    /// The total that was queued when the outbox was last emptied.
    taken_up_to: u64,
    /// Payloads that the engine must not drop, because their drop may run foreign code, which may panic and leave the
    /// engine in the middle of a frame. Dropped here, once everything is written.
    payloads: Vec<Bytes>,
    /// The message of a payload's panic when it was dropped.
    panicked: Option<Words>,
}

/// The result of one look at the stream.
#[derive(Debug)]
pub(super) enum Read {
    Message(Message),
    /// The answer to a handle's ping.
    Pong(u64),
    End(Box<End>),
    /// Nothing more is there; the owner will be woken.
    Nothing,
    /// Too many pongs wait to be written.
    Stopped,
}

impl Wire {
    pub(super) fn new(pace: Option<Pace>) -> Self {
        Self {
            engine: None,
            owner: None,
            pace: pace.map(Box::new),
            pongs: 0,
            is_behind: false,
            taken: VecDeque::new(),
            taken_up_to: 0,
            payloads: Vec::new(),
            panicked: None,
        }
    }

    pub(super) fn open(&mut self, engine: Engine) {
        self.engine = Some(Box::new(engine));
    }

    pub(super) fn engine(&mut self) -> Option<&mut Engine> {
        self.engine.as_deref_mut()
    }

    pub(super) fn set_owner(&mut self, waker: &Waker) {
        if !self.owner.as_ref().is_some_and(|owner| owner.will_wake(waker)) {
            self.owner = Some(waker.clone());
        }
    }

    /// Ends the stream, and drops unwritten data.
    pub(super) fn close(&mut self, unsent: VecDeque<Outbound>) {
        self.owner = None;
        let engine = self.engine.take();
        self.caught(|| drop(engine));
        for message in unsent {
            self.caught(|| drop(message));
        }
        self.drop_payloads();
    }

    /// The message of a payload's panic when it was dropped.
    pub(super) fn take_panic(&mut self) -> Option<Words> {
        self.panicked.take()
    }

    /// Takes the messages to send. The caller holds the state's lock; `hand_over` follows when it is released.
    pub(super) fn take(&mut self, outbox: &mut Outbox) {
        self.taken_up_to = outbox.take(&mut self.taken);
    }

    /// Passes the messages that were taken to the engine.
    #[inline]
    pub(super) fn hand_over(&mut self) {
        if !self.taken.is_empty() {
            self.hand_over_taken();
        }
    }

    fn hand_over_taken(&mut self) {
        let Some(engine) = &mut self.engine else { return };
        while let Some(message) = self.taken.pop_front() {
            self.is_behind = true;
            engine.queue(message, &mut self.payloads);
        }
    }

    /// Passes one of our messages to the engine.
    pub(super) fn queue(&mut self, message: Message) {
        if let Some(engine) = &mut self.engine {
            self.is_behind = true;
            engine.queue(message.into(), &mut self.payloads);
        }
    }

    pub(super) fn queue_ping(&mut self) {
        if let Some(engine) = &mut self.engine {
            self.is_behind = true;
            engine.queue_ping();
        }
    }

    pub(super) fn queue_numbered_ping(&mut self, number: u64) {
        if let Some(engine) = &mut self.engine {
            self.is_behind = true;
            engine.queue_numbered_ping(number);
        }
    }

    /// The position up to which everything that was queued has been passed to the engine.
    pub(super) fn taken_up_to(&self) -> u64 {
        self.taken_up_to
    }

    /// Whether something waits to be written.
    pub(super) fn is_behind(&self) -> bool {
        self.is_behind
    }

    pub(super) fn has_pongs(&self) -> bool {
        self.pongs > 0
    }

    pub(super) fn may_read(&self) -> bool {
        self.pongs < PONGS
    }

    /// Writes the engine's data.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), String>> {
        let Some(engine) = &mut self.engine else { return Poll::Ready(Ok(())) };
        let flushed = engine.poll_flush(cx);
        if let Poll::Ready(Ok(())) = flushed {
            (self.pongs, self.is_behind) = (0, false);
            self.drop_payloads();
        }
        flushed
    }

    /// Reads the next message, or what ends the connection.
    pub(super) fn read(&mut self) -> Read {
        let (Some(engine), Some(owner)) = (&mut self.engine, &self.owner) else { return Read::Nothing };
        let mut cx = Context::from_waker(owner);
        while self.pongs < PONGS {
            let Poll::Ready(received) = engine.poll_receive(&mut cx) else { return Read::Nothing };
            match paced(self.pace.as_deref_mut(), received) {
                Received::Message(message) => return Read::Message(message),
                Received::Ping => (self.pongs, self.is_behind) = (self.pongs + 1, true),
                Received::Pong { number: Some(number), .. } => return Read::Pong(number),
                Received::Pong { .. } => {}
                Received::Close(frame) => return ended(End::PeerClosed(frame)),
                Received::Violation(violation) => return ended(End::Violation(violation)),
                Received::Lost(why) => return ended(End::Lost(why)),
            }
        }
        Read::Stopped
    }

    fn drop_payloads(&mut self) {
        if self.payloads.is_empty() {
            return;
        }
        let mut payloads = std::mem::take(&mut self.payloads);
        for payload in payloads.drain(..) {
            self.caught(|| drop(payload));
        }
        // The capacity is kept.
        self.payloads = payloads;
    }

    fn caught(&mut self, drop_it: impl FnOnce()) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(drop_it)) {
            let words = Words::own("the payload of a message panicked when it was dropped: ");
            self.panicked = Some(words.then_foreign(panic::words(&*panic)));
        }
    }
}

fn ended(end: End) -> Read {
    Read::End(Box::new(end))
}

/// The item that arrived, or a violation if it arrived too fast. An answer to one of our pings does not count.
fn paced(pace: Option<&mut Pace>, received: Received) -> Received {
    let Some(pace) = pace else { return received };
    match received {
        Received::Message(_) | Received::Ping | Received::Pong { asked: false, .. } => match pace.take() {
            Ok(()) => received,
            Err(_) => Received::Violation(Violation::too_fast(pace.rate())),
        },
        other => other,
    }
}
