//! The stream of a connection and what belongs to it: the owner's side of the cell.
//!
//! Everything that touches the stream runs code of others: HTTP/2 emits events while it is polled, which a layer of the program's
//! may send over this very connection; a payload that is written is dropped, and its owner may do anything; the rate and the
//! transport are asked for the time, and the transport keeps wakers. So it has a lock of its own, which nobody ever waits
//! for (`Cell::wire`).

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
use crate::{Message, limiter::Pace, log::Words, panic};

/// How many pongs may wait to be written before reading stops: a flood of pings must not become a heap of pongs.
const PONGS: u32 = 64;

#[derive(Debug)]
pub(super) struct Wire {
    engine: Option<Box<Engine>>,
    /// The owner's waker. Whoever reads, it is the owner that is woken when there is more.
    owner: Option<Waker>,
    /// How fast messages may come; `None`: as they please.
    pace: Option<Box<Pace>>,
    /// How many pongs were queued since everything was last written.
    pongs: u32,
    /// Something is in the engine that is not written yet.
    is_behind: bool,
    /// Taken from the outbox, not yet in the engine.
    taken: VecDeque<Message>,
    /// How much was ever queued when the outbox was last emptied.
    taken_up_to: u64,
    /// What may not be dropped by the engine, because its drop may be foreign code, which may panic: that would leave the
    /// engine in the middle of a frame. Dropped here, once everything is written.
    payloads: Vec<Bytes>,
    /// What a payload panicked with when it was dropped.
    panicked: Option<Words>,
}

/// What one look at the stream gave.
#[derive(Debug)]
pub(super) enum Read {
    Message(Message),
    /// The answer to the ping of a handle.
    Pong(u64),
    End(Box<End>),
    /// Nothing more is there; the owner is woken when there is.
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

    /// Ends the stream, and drops what was not written.
    pub(super) fn close(&mut self, unsent: VecDeque<Message>) {
        self.owner = None;
        let engine = self.engine.take();
        self.caught(|| drop(engine));
        for message in unsent {
            self.caught(|| drop(message));
        }
        self.drop_payloads();
    }

    /// What a payload panicked with when it was dropped.
    pub(super) fn take_panic(&mut self) -> Option<Words> {
        self.panicked.take()
    }

    /// Takes what is to be sent. Whoever calls holds the lock of the state; `hand_over` follows when it is released.
    pub(super) fn take(&mut self, outbox: &mut Outbox) {
        self.taken_up_to = outbox.take(&mut self.taken);
    }

    /// Gives what was taken to the engine.
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
            let payload = message.payload();
            // Memory that nobody else has is only memory. Anything else may have an owner of the program's.
            if !payload.is_unique() {
                self.payloads.push(payload.clone());
            }
            engine.queue(message);
        }
    }

    /// Gives the engine a message of our own.
    pub(super) fn queue(&mut self, message: Message) {
        if let Some(engine) = &mut self.engine {
            self.is_behind = true;
            engine.queue(message);
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

    /// Up to where everything that was queued has been given to the engine.
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

    /// Writes what the engine has.
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
        // The room is kept.
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

/// What came, or the violation that it is when it came too fast. An answer to a ping of ours is not held against the peer.
fn paced(pace: Option<&mut Pace>, received: Received) -> Received {
    let Some(pace) = pace else { return received };
    match received {
        Received::Message(_) | Received::Ping | Received::Pong { asked: false, .. } => match pace.take() {
            Ok(()) => received,
            Err(rate) => Received::Violation(Violation::too_fast(rate)),
        },
        other => other,
    }
}
