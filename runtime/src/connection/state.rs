//! The state that the owner of a connection and its handles share, under one lock.
//!
//! No foreign code runs in here: no payload is dropped, no waker is woken, cloned or dropped, no event is emitted, no metric is
//! recorded, and the stream is not touched. Wakes and drops are collected in [`Later`], which runs when the lock is released. So
//! the lock is held only briefly, and the foreign code may use the connection.

use std::{collections::VecDeque, sync::Arc, task::Waker};

use tokio::time::Instant;

use super::{
    end::End,
    open_calls::FailedCall,
    ping::Pings,
    sync::{TaskId, current_task},
    wakers::{Later, Spot, Waiters},
    wire::Read,
};
use crate::{Error, Limits, Message, error::EndedBy, log::Words, outbound::Outbound};

// In this crate's unit tests (`model.rs`) the bounds are small, so that a few messages reach them.

/// How many messages a handler may receive or queue before its task yields.
const TURN: u32 = if cfg!(test) { 5 } else { 128 };

/// How many bytes may be queued before a send waits for the peer to read some.
const HIGH_WATER: u64 = if cfg!(test) { 64 } else { 64 * 1024 };

/// How many messages are read ahead of a handler that is busy elsewhere.
const READ_AHEAD: usize = if cfg!(test) { 2 } else { 64 };

/// The overhead of a frame beside its payload, so that empty messages count too.
const FRAME_HEAD: u64 = 2;

#[derive(Debug)]
pub(super) struct State {
    pub(super) stage: Stage,
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox,
    pub(super) turn: Turn,
    pub(super) closing: Closing,
    /// Tasks that wait in `recv`.
    pub(super) receiving: Waiters,
    /// Tasks that wait for room, a flush, the opening or the end.
    pub(super) waiting: Waiters,
    pub(super) pings: Pings,
    /// When the session ends.
    pub(super) expires: Option<Instant>,
    /// Calls of the client that the owner answers with an error.
    pub(super) failed_calls: Vec<FailedCall>,
    /// Those that are logged, and answered once there is room.
    pub(super) owed_failures: VecDeque<FailedCall>,
    pub(super) later: Later,
}

/// How much was exchanged, and how far each side is behind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    /// How many messages have arrived.
    pub(crate) received: u64,
    /// How many messages were queued.
    pub(crate) sent: u64,
    /// How many messages the handler has not received.
    pub(crate) unreceived: usize,
    /// How many bytes the transport has not taken.
    pub(crate) unsent_bytes: u64,
}

/// Selects one of the [`Waiters`].
#[derive(Debug, Clone, Copy)]
pub(super) enum Group {
    Receiving,
    Waiting,
    Pinging,
}

/// The item that came instead of a message is recorded.
pub(super) struct Noted {
    /// There may be more to read.
    pub(super) goes_on: bool,
}

/// A connection, from its opening to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The response to the handshake is on its way.
    Opening,
    Open,
    Over,
}

/// Messages that were read ahead of the handler. The owner adds them, handles remove them.
#[derive(Debug)]
pub(super) struct Inbox {
    messages: VecDeque<Message>,
    bytes: usize,
    max_bytes: usize,
    /// How many messages have arrived, including those that the handler has read itself.
    pub(super) arrived: u64,
    /// No handle is left to receive with: messages are dropped as they come.
    deaf: bool,
}

/// Messages on their way to the stream. Handles add them; the task that drives the stream takes all of them before it reads
/// anything, so that replies precede the answer to whatever is read next.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    pub(super) messages: VecDeque<Outbound>,
    /// How many messages were queued in total.
    sent: u64,
    /// How many bytes were queued in total, and how many of them the transport has taken.
    queued: u64,
    written: u64,
}

/// The state of the owner's turn.
#[derive(Debug)]
pub(super) struct Turn {
    /// The number of messages left in this turn.
    pub(super) left: u32,
    /// The owner's waker, as long as the owner will not look again on its own. Taken when it is woken.
    owner: Option<Waker>,
    /// The owner is being polled: it is then not woken, but marked as wanted.
    owner_is_polling: bool,
    /// Something has changed since the owner's last round began. Cleared before the round looks at anything, and checked in the
    /// critical section in which `owner_is_polling` is cleared: so a change is seen by the round or by that check, or it wakes
    /// the owner.
    is_wanted: bool,
    /// Nothing was left to read in this turn, and the transport has the owner's waker: reading again would find nothing.
    pub(super) dry: bool,
    /// The task of the owner, in which the handler runs. `None` until it has a task of its own.
    task: Option<TaskId>,
}

/// How a handler that receives after the end, again and again, is distinguished from one that waits for something else in
/// between: only the budget of tokio's cooperative scheduling interrupts it, after 128 calls.
#[derive(Debug, Default)]
struct Spin {
    /// How often `recv` has told the handler of the end since it was last polled.
    told: usize,
    /// How many polls in a row did little else.
    polls: usize,
}

/// So often is the handler told of the end in a poll that does nothing else.
const TOLD_IN_A_POLL: usize = 64;

/// After so many such polls the handler is dropped: over 60,000 calls of `recv` after the end.
const SPINNING_POLLS: usize = 1_000;

/// How the connection ends, and which code knows about it.
#[derive(Debug, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, set by one side and read by the other"
)]
pub(super) struct Closing {
    /// The first cause. Set once; after that nothing is queued.
    pub(super) end: Option<Arc<End>>,
    /// Everything ends now, including the handler.
    pub(super) cut: bool,
    /// A handle has reported the end.
    told: bool,
    /// The handler itself knows about the end: it has been told, or has closed or dropped its socket.
    knows: bool,
    /// The handler is to be dropped, to make room for others. Set under the same lock as `knows`, and only while `knows` is
    /// false: so no handler that knows is dropped for this reason.
    pub(super) dropped_early: bool,
    /// `recv` has returned the error with which the connection ended.
    failed: bool,
    /// How many sends after the end are still discarded without an error.
    grace: usize,
    spin: Spin,
    /// When the connection ended.
    pub(super) over_at: Option<Instant>,
    /// When the handler last used a handle after that.
    touched: Option<Instant>,
    /// The message of a panic after the end.
    pub(super) late_panic: Option<Words>,
    pub(super) handles: usize,
}

impl State {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            stage: Stage::Opening,
            inbox: Inbox {
                messages: VecDeque::new(),
                bytes: 0,
                max_bytes: limits.max_message_size,
                arrived: 0,
                deaf: false,
            },
            outbox: Outbox::default(),
            turn: Turn {
                left: TURN,
                owner: None,
                owner_is_polling: false,
                is_wanted: false,
                dry: false,
                task: None,
            },
            closing: Closing { grace: READ_AHEAD, ..Closing::default() },
            receiving: Waiters::default(),
            waiting: Waiters::default(),
            pings: Pings::default(),
            expires: None,
            failed_calls: Vec::new(),
            owed_failures: VecDeque::new(),
            later: Later::default(),
        }
    }

    /// Sets the cause of the end, unless there is one.
    pub(super) fn finish(&mut self, end: End) {
        self.closing.end.get_or_insert_with(|| Arc::new(end));
    }

    /// The same for code other than the owner, which wakes the owner.
    pub(super) fn finish_from_outside(&mut self, end: End) {
        self.finish(end);
        self.wake_owner();
    }

    /// Sets or moves the end of the session.
    pub(super) fn expire_at(&mut self, at: Instant) {
        self.expires = Some(at);
        self.wake_owner();
    }

    pub(super) fn progress(&self) -> Progress {
        Progress {
            received: self.inbox.arrived,
            sent: self.outbox.sent,
            unreceived: self.inbox.messages.len(),
            unsent_bytes: self.outbox.queued - self.outbox.written,
        }
    }

    /// Records a panic of the program's code: it is the end, or came after it.
    pub(super) fn panicked(&mut self, words: Words) {
        if self.closing.end.is_some() {
            self.closing.late_panic = Some(words);
        } else {
            self.finish_from_outside(End::Panicked(words));
        }
    }

    /// Records that the connection has ended. Returns the unsent messages, to be dropped when no lock is held.
    pub(super) fn over(&mut self) -> VecDeque<Outbound> {
        self.stage = Stage::Over;
        self.outbox.written = self.outbox.queued;
        let now = Instant::now();
        (self.closing.over_at, self.closing.touched) = (Some(now), Some(now));
        std::mem::take(&mut self.outbox.messages)
    }

    /// Records that no task drives the connection any more. Returns the time of the end, and the unsent messages.
    pub(super) fn abandon(&mut self) -> (Instant, VecDeque<Outbound>) {
        let over_at = *self.closing.over_at.get_or_insert_with(Instant::now);
        self.stage = Stage::Over;
        self.wake_all();
        // No further turn will begin: the rest of the inbox must fit into this one.
        self.turn.left = TURN;
        self.turn.owner_is_polling = false;
        if let Some(owner) = self.turn.owner.take() {
            self.later.drop_waker(owner);
        }
        (over_at, std::mem::take(&mut self.outbox.messages))
    }

    /// Wakes all waiting tasks. Returns whether the owner's own task is among them.
    pub(super) fn wake_all(&mut self) -> bool {
        let groups = [&mut self.receiving, &mut self.waiting, &mut self.pings.waiters];
        groups.into_iter().fold(false, |own, group| own | group.wake(&mut self.later))
    }

    /// Records the item that came instead of a message.
    pub(super) fn note(&mut self, read: Read) -> Noted {
        let goes_on = matches!(read, Read::Pong(_));
        match read {
            Read::Pong(number) => self.pings.answered(number),
            Read::End(end) => self.finish(*end),
            Read::Nothing => self.turn.dry = true,
            Read::Stopped | Read::Message(_) => {}
        }
        Noted { goes_on }
    }

    /// Records that the transport has taken everything that was queued up to this position, and wakes the tasks that wait for that;
    /// later callers find it written. Returns whether the owner's own task is among them.
    pub(super) fn written_up_to(&mut self, queued: u64) -> bool {
        self.outbox.written_up_to(queued);
        self.waiting.wake(&mut self.later)
    }

    /// How many messages, and how many of their bytes, may be read ahead of the handler. `None` if nothing may be read.
    pub(super) fn room_to_read(&self) -> Option<(usize, usize)> {
        // At the end of a turn the handler is polled again before anything is read, so that it reads by itself.
        let may_read =
            self.turn.left > 0 && !self.turn.dry && self.closing.end.is_none() && self.inbox.has_room();
        may_read.then(|| self.inbox.room())
    }

    /// Whether the end has come, or `has_ended` is about to detect it.
    pub(super) fn is_at_its_end(&self) -> bool {
        self.closing.end.is_some() || self.closing.handles == 0
    }

    /// Ends the connection if no handle is left that receives or sends. Returns whether it has ended.
    pub(super) fn has_ended(&mut self) -> bool {
        if self.closing.handles == 0 {
            self.finish(End::LetGo);
        }
        self.closing.end.is_some()
    }

    /// Wakes the tasks that wait for an answer to a ping, if there is one. Returns whether the owner's own task is
    /// among them.
    pub(super) fn wake_pinging(&mut self) -> bool {
        self.pings.has_news() && self.pings.waiters.wake(&mut self.later)
    }

    pub(super) fn wake_owner(&mut self) {
        if self.turn.owner_is_polling {
            self.turn.is_wanted = true;
        } else if let Some(owner) = self.turn.owner.take() {
            self.later.wake_owner(owner);
        }
    }

    /// Begins a turn of the owner. It passes its waker if that is not known yet; `false` asks for it.
    pub(super) fn begin_turn(&mut self, waker: &Waker, spare: &mut Option<Waker>) -> bool {
        if !self.turn.is_owned_by(waker) {
            let Some(spare) = spare.take() else { return false };
            if let Some(old) = self.turn.owner.replace(spare) {
                self.later.drop_waker(old);
            }
        }
        if self.turn.left == 0 {
            // The handler is about to be polled, whether it waits or not.
            self.wake_all();
        }
        self.turn.owner_is_polling = true;
        self.turn.left = TURN;
        self.turn.dry = false;
        true
    }

    /// Whether the caller may read from the stream itself: it runs in the owner's task, within a turn, and there may be data.
    pub(super) fn may_read_itself(&self) -> bool {
        self.turn.owner_is_polling
            && !self.turn.dry
            && self.stage == Stage::Open
            && self.turn.task.is_some()
            && self.turn.task == current_task()
    }

    pub(super) fn group(&mut self, group: Group) -> &mut Waiters {
        match group {
            Group::Receiving => &mut self.receiving,
            Group::Waiting => &mut self.waiting,
            Group::Pinging => &mut self.pings.waiters,
        }
    }

    /// Records that the owner's own task waits, if this is its waker, which need not be stored.
    pub(super) fn waits_itself(&mut self, group: Group, waker: &Waker) -> bool {
        let is_own = self.turn.is_owned_by(waker);
        if is_own {
            self.group(group).add_own();
        }
        is_own
    }

    /// Registers a waker. Returns `false` if that requires a clone of the waker and there is none: cloning is foreign
    /// code.
    pub(super) fn wait(
        &mut self,
        group: Group,
        waker: &Waker,
        spot: &mut Option<Spot>,
        spare: &mut Option<Waker>,
    ) -> bool {
        if self.waits_itself(group, waker) {
            return true;
        }
        let known = spot.and_then(|spot| self.group(group).get_mut(spot));
        if known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            return true;
        }
        let Some(spare) = spare.take() else { return false };
        if let Some(known) = known {
            let old = std::mem::replace(known, spare);
            self.later.drop_waker(old);
        } else {
            *spot = Some(self.group(group).add(spare));
        }
        true
    }

    /// The next message that was read ahead.
    #[inline]
    pub(super) fn take_message(&mut self) -> Option<Message> {
        if self.inbox.messages.is_empty() {
            return None;
        }
        self.take_first_message()
    }

    fn take_first_message(&mut self) -> Option<Message> {
        let was_full = !self.inbox.has_room();
        let message = self.inbox.messages.pop_front()?;
        self.inbox.bytes -= message.len();
        self.count_received();
        if was_full {
            self.wake_owner();
        }
        Some(message)
    }

    /// Counts a message that the handler receives.
    pub(super) fn count_received(&mut self) {
        self.turn.left -= 1;
        self.closing.grace = READ_AHEAD;
    }

    /// Whether there is room for a message to send.
    pub(super) fn has_room_to_send(&self) -> bool {
        self.turn.left > 0 && self.has_room_for_bytes()
    }

    /// The same without regard to the turn, for the owner.
    pub(super) fn has_room_for_bytes(&self) -> bool {
        self.outbox.queued - self.outbox.written < HIGH_WATER
    }

    /// Whether calls are to be reported, or answered now.
    pub(super) fn has_failed_calls(&self) -> bool {
        !self.failed_calls.is_empty() || !self.owed_failures.is_empty() && self.has_room_for_bytes()
    }

    pub(super) fn queue(&mut self, outbound: Outbound) {
        // A sink that was ready queues even if another handle has used up the turn since.
        self.turn.left = self.turn.left.saturating_sub(1);
        self.outbox.sent += 1;
        self.outbox.queued += outbound.message.len() as u64 + FRAME_HEAD;
        self.outbox.messages.push_back(outbound);
    }

    /// Records that no handle receives any more. Returns the messages that were not received.
    pub(super) fn deafen(&mut self) -> VecDeque<Message> {
        self.inbox.deaf = true;
        self.inbox.bytes = 0;
        self.wake_owner();
        std::mem::take(&mut self.inbox.messages)
    }

    /// Records the task in which the handler runs from here on.
    pub(super) fn owned_by(&mut self, task: Option<TaskId>) {
        self.turn.task = task;
    }

    /// Whether the caller is the handler, and not another task with a handle.
    fn is_in_handler(&self) -> bool {
        self.turn.task.is_none() || self.turn.task == current_task()
    }

    /// Records that the handler uses a handle, if the connection has ended.
    pub(super) fn touch(&mut self) {
        if self.closing.touched.is_some() && self.is_in_handler() {
            self.closing.touched = Some(Instant::now());
        }
    }

    /// The time by which the handler must notice that the connection has ended. `None` if it has noticed, or has ended
    /// the connection itself.
    pub(super) fn notice_by(&self, limits: &Limits) -> Option<Instant> {
        let touched = self.closing.touched.filter(|_| !self.closing.knows);
        touched.map(|touched| touched + limits.handler_exit_timeout)
    }

    /// Records that `recv` tells the end to the handler.
    pub(super) fn told_by_recv(&mut self) {
        if self.is_in_handler() {
            self.closing.spin.told += 1;
        }
    }

    /// Whether the handler only receives, again and again, after the end. Called after each poll of the handler.
    pub(super) fn is_spinning(&mut self) -> bool {
        let spin = &mut self.closing.spin;
        let is_busy = std::mem::take(&mut spin.told) >= TOLD_IN_A_POLL;
        spin.polls = if is_busy { spin.polls + 1 } else { 0 };
        spin.polls >= SPINNING_POLLS
    }

    /// Marks the handler to be dropped, unless it knows that the connection has ended. Returns whether it is dropped.
    pub(super) fn drop_early(&mut self) -> bool {
        if !self.closing.knows {
            self.closing.dropped_early = true;
            self.wake_owner();
        }
        self.closing.dropped_early
    }

    /// Records that a handle closes the connection.
    pub(super) fn closed_by_handle(&mut self, end: End) {
        self.closing.knows |= self.is_in_handler();
        // A sink that is being closed calls this at each poll: waking the owner each time would keep it busy.
        if self.closing.end.is_none() {
            self.finish_from_outside(end);
        }
    }

    /// Records that a handle is dropped.
    pub(super) fn let_go(&mut self) {
        self.closing.handles -= 1;
        // A handler that drops a handle after the end has noticed it; one that has no handles left cannot be
        // distinguished from that.
        let notices = self.closing.end.is_some() && self.is_in_handler();
        self.closing.knows |= notices || self.closing.handles == 0;
        if self.closing.handles == 0 {
            self.wake_owner();
        }
    }

    /// Whether the handler is still processing messages from before the end. Its sends are then discarded, but must not
    /// fail: `?` would end the handler, and the remaining messages would be lost. A handler that only sends does get
    /// its error.
    pub(super) fn is_catching_up(&mut self) -> bool {
        let behind = self.is_behind();
        self.closing.grace = self.closing.grace.saturating_sub(1);
        behind
    }

    /// The same, before there is something to send.
    pub(super) fn is_behind(&self) -> bool {
        !self.inbox.messages.is_empty() && self.closing.grace > 0
    }

    /// Records that a handle reports the end. Returns whether it is the first time.
    pub(super) fn tell(&mut self) -> bool {
        self.closing.knows |= self.is_in_handler();
        !std::mem::replace(&mut self.closing.told, true)
    }

    /// Returns the error with which the connection ended, once; after that `None`, as for any other end.
    pub(super) fn last_word(&mut self) -> Result<(), Error> {
        let said = std::mem::replace(&mut self.closing.failed, true);
        match &self.closing.end {
            Some(end) if !said => end.received(),
            _ => Ok(()),
        }
    }

    pub(super) fn gone(&self) -> Error {
        self.closing.end.as_deref().map_or_else(|| Error::disconnected(EndedBy::Failure), End::gone)
    }
}

impl Inbox {
    pub(super) fn has_room(&self) -> bool {
        self.messages.len() < READ_AHEAD && self.bytes <= self.max_bytes
    }

    /// How many messages, and how many of their bytes, may be read ahead before the inbox is full.
    pub(super) fn room(&self) -> (usize, usize) {
        (
            READ_AHEAD.saturating_sub(self.messages.len()),
            self.max_bytes.saturating_add(1).saturating_sub(self.bytes),
        )
    }

    /// Adds the messages that were read. If no handle receives any more, they stay with the caller, which drops them.
    pub(super) fn put(&mut self, read: &mut Vec<Message>) {
        self.arrived += read.len() as u64;
        if !self.deaf {
            self.bytes += read.iter().map(Message::len).sum::<usize>();
            self.messages.extend(read.drain(..));
        }
    }
}

impl Outbox {
    pub(super) fn is_written(&self) -> bool {
        self.written == self.queued
    }

    /// Moves every message out; returns the total queued up to here.
    pub(super) fn take(&mut self, into: &mut VecDeque<Outbound>) -> u64 {
        debug_assert!(into.is_empty(), "what was taken before has been handed on");
        if !self.messages.is_empty() {
            std::mem::swap(&mut self.messages, into);
        }
        self.queued
    }

    /// Records that the transport has taken everything that was queued up to this position.
    fn written_up_to(&mut self, queued: u64) {
        self.written = self.written.max(queued);
    }
}

impl Turn {
    /// Begins a round, which looks at everything.
    pub(super) fn begin_round(&mut self) {
        self.is_wanted = false;
    }

    /// Ends a round; the handler is polled again, or the owner waits. Returns whether the owner must not wait, because
    /// something has changed in the meantime.
    pub(super) fn end_round(&mut self, again: bool) -> bool {
        self.owner_is_polling = again;
        // The handler may read by itself again.
        self.dry &= !again;
        self.left == 0 || (self.is_wanted && !again)
    }

    fn is_owned_by(&self, waker: &Waker) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.will_wake(waker))
    }
}
