//! The owner's half of a connection: flush, read ahead, heartbeat, deadlines, the closing handshake.
//!
//! A round runs each time the handler is pending. It writes what the handler queued (so that replies to a burst are
//! written together), reads from the peer if the handler has not done so, and advances the closing handshake.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::time::Instant;

use super::{
    cell::Cell,
    end::End,
    engine::{Engine, Received},
    ping::Unanswered,
    reprieve::Reprieve,
    state::{Stage, State},
    wire::{Read, Wire},
};
use crate::{CloseCode, Limits, Message, log, server::Transport};

#[derive(Debug)]
pub(super) struct Drive {
    phase: Phase,
    /// The deadline of the phase.
    deadline: Option<Instant>,
    /// The deadline for the answer to a ping.
    pong_due: Option<Instant>,
    /// The time since which the peer has made no progress with what is to be written, and its progress by then.
    stalled: Option<(Instant, u64)>,
    /// When something last arrived from the peer, and how much had arrived by then.
    heard: (Instant, u64),
    /// When a message, or a part of one, last arrived, and how many message bytes had arrived by then.
    active: (Instant, u64),
    /// When a message was last sent, and the queue position at that time. Recorded only if there is a heartbeat message.
    said: (Instant, u64),
    /// The first heartbeat message is queued.
    has_spoken: bool,
    /// The deadline for the answer to a handle's ping.
    ping_due: Option<Instant>,
    /// When the session ends, as of the last look at the state.
    expires: Option<Instant>,
    reprieve: Reprieve,
    /// The timer was last set for a deadline that only moves later; see `is_awaited`.
    is_timed: bool,
    /// Log events to emit when the stream is not in use: a layer of the program may send to it.
    news: Vec<News>,
}

/// A phase of a connection.
#[derive(Debug)]
enum News {
    Open,
    Closing(Option<CloseCode>),
}

enum Phase {
    /// The response to the handshake is on its way.
    Opening(Upgrade),
    /// Messages are exchanged.
    Serving,
    /// The peer's close frame is being answered.
    Answering,
    /// Our close frame is sent, and the peer's is awaited.
    Closing,
    /// The peer violated the protocol: our close frame is sent, and anything that still arrives is dropped.
    Parting,
    Over,
}

/// Resolves to the stream once the response to the handshake is sent.
type Upgrade = Pin<Box<dyn Future<Output = Result<Box<dyn Transport>, String>> + Send>>;

/// What a round works on.
pub(super) struct Round<'a, 'cx> {
    pub(super) cell: &'a Cell,
    pub(super) wire: &'a mut Wire,
    pub(super) cx: &'a mut Context<'cx>,
    /// The handler should be polled again.
    pub(super) again: bool,
    /// The position up to which the transport has taken queued data, as long as the state does not know it yet: it is
    /// updated at the next look.
    pub(super) written: Option<u64>,
    /// As of the last look at the state. Any code that changes it later, except this round, requests another turn.
    is_at_its_end: bool,
    /// The amount that may be read ahead, as of the last look.
    room: Option<(usize, usize)>,
    /// When the session ends, as of the last look.
    expires: Option<Instant>,
}

impl Drive {
    pub(super) fn new(
        upgrade: impl Future<Output = Result<Box<dyn Transport>, String>> + Send + 'static,
        open_by: Instant,
    ) -> Self {
        Self {
            phase: Phase::Opening(Box::pin(upgrade)),
            deadline: Some(open_by),
            pong_due: None,
            stalled: None,
            heard: (Instant::now(), 0),
            active: (Instant::now(), 0),
            said: (Instant::now(), 0),
            has_spoken: false,
            ping_due: None,
            expires: None,
            reprieve: Reprieve::default(),
            is_timed: false,
            news: Vec::new(),
        }
    }

    /// Logs what has happened.
    pub(super) fn report(&mut self) {
        if self.news.is_empty() {
            return;
        }
        for news in self.news.drain(..) {
            match news {
                News::Open => log::open(),
                News::Closing(code) => log::closing(code),
            }
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    pub(super) fn round(&mut self, round: &mut Round<'_, '_>) {
        if round.begin() {
            self.ping_due = Some(Instant::now() + round.cell.settings.heartbeat.timeout);
        }
        if self.expires != round.expires {
            // The timer may be set for later.
            (self.expires, self.is_timed) = (round.expires, false);
        }
        while self.step(round) {}
    }

    /// Runs one step of the phase. Returns whether the next phase has begun.
    fn step(&mut self, round: &mut Round<'_, '_>) -> bool {
        match &mut self.phase {
            Phase::Opening(upgrade) => {
                let Poll::Ready(upgraded) = upgrade.as_mut().poll(round.cx) else { return false };
                match upgraded {
                    Ok(io) => self.open(round, io),
                    Err(why) => self.lose(round, why),
                }
                // The handler has its socket now, so it is polled before anything is read ahead.
                !round.again
            }
            Phase::Serving => {
                self.serve(round);
                round.has_ended() && self.begin_end(round)
            }
            Phase::Answering => self.flush_last(round) && self.shut(round),
            Phase::Closing => self.await_close(round),
            Phase::Parting => self.part(round),
            Phase::Over => false,
        }
    }

    fn open(&mut self, round: &mut Round<'_, '_>, io: Box<dyn Transport>) {
        self.news.push(News::Open);
        let has_pings = round.cell.settings.heartbeat.interval.is_some();
        let compressed = round.cell.compressed();
        round.wire.open(Engine::new(io, round.limits().max_message_size, compressed, has_pings));
        let now = Instant::now();
        (self.heard.0, self.active.0) = (now, now);
        self.said.0 = now;
        self.phase = Phase::Serving;
        self.deadline = None;
        round.cell.lock().stage = Stage::Open;
        round.wake_waiting();
    }

    fn lose(&mut self, round: &mut Round<'_, '_>, why: String) {
        round.cell.lock().finish(End::Lost(why));
        self.over(round);
    }

    /// Writes and reads while messages flow.
    fn serve(&mut self, round: &mut Round<'_, '_>) {
        self.flush(round);
        self.introduce(round);
        // A handler that is about to be polled reads by itself, so its replies are sent before an answer to a close.
        if !round.again && round.room.is_some() {
            round.read_ahead();
        }
        if round.room.is_none()
            && let Some(engine) = round.wire.engine()
        {
            // Nothing is read until the handler has made room.
            engine.rest();
        }
        if round.wire.has_pongs() {
            let was_stopped = !round.wire.may_read();
            if self.flush(round) && was_stopped {
                round.cx.waker().wake_by_ref();
            }
        }
        self.listen(round.wire);
        self.note_said(round);
    }

    /// Records whether anything was sent since it last looked.
    fn note_said(&mut self, round: &Round<'_, '_>) {
        if round.cell.heartbeat_message().is_some() && round.wire.taken_up_to() != self.said.1 {
            self.said = (Instant::now(), round.wire.taken_up_to());
        }
    }

    /// Sends the first heartbeat message, after the messages that the handler has sent immediately: those come first on the connection.
    fn introduce(&mut self, round: &mut Round<'_, '_>) {
        if !std::mem::replace(&mut self.has_spoken, true) && round.cell.heartbeat_message().is_some() {
            self.speak(round, Instant::now());
            self.flush(round);
        }
    }

    /// Sends the heartbeat message.
    fn speak(&mut self, round: &mut Round<'_, '_>, now: Instant) {
        if let Some((_, message)) = round.cell.heartbeat_message() {
            round.wire.queue(message.clone());
            self.said.0 = now;
        }
    }

    /// Records whether anything has arrived since the last look, even part of a long message.
    fn listen(&mut self, wire: &mut Wire) {
        let Some(engine) = wire.engine() else { return };
        if engine.read() == self.heard.1 {
            return;
        }
        self.heard = (Instant::now(), engine.read());
        self.pong_due = None;
        let progress = engine.progress();
        self.stalled = self.stalled.map(|stalled| progressed(stalled, progress));
        if engine.read_of_messages() > self.active.1 {
            self.active = (self.heard.0, engine.read_of_messages());
        }
    }

    /// Writes what is queued. Returns whether all of it is written.
    fn flush(&mut self, round: &mut Round<'_, '_>) -> bool {
        let was_behind = round.wire.is_behind();
        if !was_behind && matches!(self.phase, Phase::Serving) {
            return true;
        }
        let flushed = round.wire.poll_flush(round.cx);
        round.is_at_its_end |= round.cell.note_panic(round.wire);
        match flushed {
            Poll::Ready(Ok(())) => {
                if was_behind {
                    // Only then has anything changed: tasks that wait for the end check again each time they are woken.
                    round.written = Some(round.wire.taken_up_to());
                }
                self.stalled = None;
                true
            }
            Poll::Ready(Err(why)) => {
                round.cell.lock().finish(End::Lost(why));
                round.is_at_its_end = true;
                true
            }
            Poll::Pending => {
                let progress = round.wire.engine().map_or(0, |engine| engine.progress());
                let stalled = self.stalled.unwrap_or_else(|| (Instant::now(), progress));
                self.stalled = Some(progressed(stalled, progress));
                false
            }
        }
    }

    /// Writes what is queued, including the close frame at the end. Once that is written, the peer has its time to
    /// answer; until then it has to keep reading, as before.
    fn flush_last(&mut self, round: &mut Round<'_, '_>) -> bool {
        let flushed = self.flush(round);
        if flushed && self.deadline.is_none() {
            self.deadline = Some(Instant::now() + round.limits().close_timeout);
        }
        flushed
    }

    /// Moves from serving to the phase that fits the cause of the end.
    fn begin_end(&mut self, round: &mut Round<'_, '_>) -> bool {
        let Some(end) = round.cell.lock().closing.end.clone() else { return false };
        self.news.push(News::Closing(end.close().map(|(code, _)| code)));
        self.deadline = (!end.is_patient()).then(|| Instant::now() + round.limits().close_timeout);
        // Nothing is queued after the end, so this is all that precedes the close frame.
        round.take_queued();
        round.wake_all();
        if let (Some(engine), Some((code, reason))) = (round.wire.engine(), end.close()) {
            engine.queue_close(code, reason);
        }
        self.phase = match &*end {
            End::PeerClosed(_) => Phase::Answering,
            End::Violation(_) => Phase::Parting,
            End::Lost(_) => {
                self.over(round);
                return true;
            }
            _ => Phase::Closing,
        };
        true
    }

    /// Waits for the peer's close frame, dropping what comes before it (RFC 6455 section 7.1.2).
    fn await_close(&mut self, round: &mut Round<'_, '_>) -> bool {
        self.flush_last(round);
        loop {
            let Some(engine) = round.wire.engine() else { return false };
            match engine.poll_receive(round.cx) {
                Poll::Pending => {
                    self.listen(round.wire);
                    return false;
                }
                Poll::Ready(Received::Message(_) | Received::Ping | Received::Pong { .. }) => {}
                // Data that was queued before our own close frame is still written.
                Poll::Ready(Received::Close(_)) => {
                    self.phase = Phase::Answering;
                    return true;
                }
                Poll::Ready(Received::Violation(_)) => {
                    self.phase = Phase::Parting;
                    return true;
                }
                Poll::Ready(Received::Lost(_)) => {
                    self.over(round);
                    return true;
                }
            }
        }
    }

    /// Sends the rest, shuts down the write side, and drops anything that the peer still sends.
    fn part(&mut self, round: &mut Round<'_, '_>) -> bool {
        if !self.flush_last(round) {
            return false;
        }
        let Some(engine) = round.wire.engine() else { return false };
        if engine.poll_shutdown(round.cx).is_pending() || engine.poll_discard(round.cx).is_pending() {
            return false;
        }
        self.over(round);
        true
    }

    fn shut(&mut self, round: &mut Round<'_, '_>) -> bool {
        let pending = round.wire.engine().is_some_and(|engine| engine.poll_shutdown(round.cx).is_pending());
        if !pending {
            self.over(round);
        }
        !pending
    }

    pub(super) fn over(&mut self, round: &mut Round<'_, '_>) {
        self.phase = Phase::Over;
        self.deadline = None;
        let unsent = round.cell.lock().over();
        round.wire.close(unsent);
        round.cell.note_panic(round.wire);
        round.wake_all();
    }

    /// Whether the timer that is already set fires early enough: it was last set for the next ping, for `idle_timeout`, or for the end of
    /// the session, nothing else is due, and these deadlines can only have moved later. The answer to a ping may be due later than the next ping; in
    /// that case the timer is, too.
    pub(super) fn is_awaited(&self) -> bool {
        self.is_timed && self.only_moves_on()
    }

    fn only_moves_on(&self) -> bool {
        matches!(self.phase, Phase::Serving)
            && self.pong_due.is_none()
            && self.stalled.is_none()
            && self.ping_due.is_none()
    }

    /// The latest time at which `on_time` must run.
    pub(super) fn next_deadline(&mut self, round: &Round<'_, '_>) -> Option<Instant> {
        self.is_timed = self.only_moves_on();
        self.due(round).map(|due| self.reprieve.extend(due))
    }

    fn due(&self, round: &Round<'_, '_>) -> Option<Instant> {
        let stall = self.stalled.map(|(since, _)| since + round.limits().send_timeout);
        match self.phase {
            Phase::Over => None,
            Phase::Serving => {
                let interval = round.cell.settings.heartbeat.interval;
                let ping = interval.map(|interval| self.heard.0 + interval);
                let idle = round.limits().idle_timeout.map(|limit| self.active.0 + limit);
                let word = round.cell.heartbeat_message().map(|(interval, _)| self.said.0 + interval);
                let all = [self.pong_due.or(ping), stall, idle, self.ping_due, word, self.expires];
                all.into_iter().flatten().min()
            }
            _ => self.deadline.or(stall),
        }
    }

    /// Handles every deadline that has passed. Returns whether there was one.
    pub(super) fn on_time(&mut self, round: &mut Round<'_, '_>) -> bool {
        let now = Instant::now();
        let Some(due) = self.due(round).filter(|due| *due <= now) else { return false };
        if self.has_expired(now) {
            // However late the timer is: nothing that may still arrive would change that.
            round.cell.lock().finish(End::Expired);
            return true;
        }
        if !self.reprieve.is_over(due, now) {
            return false;
        }
        match self.phase {
            Phase::Serving if self.ping_due.is_some_and(|due| due <= now) => self.on_unanswered(round),
            Phase::Serving if self.is_idle(round, now) => self.on_idle(round, now),
            Phase::Serving if self.has_said_nothing(round, now) => self.on_nothing_said(round, now),
            Phase::Serving => self.on_silence(round, now),
            Phase::Opening(_) => {
                self.lose(round, "the response to the handshake could not be sent".to_owned());
            }
            _ => self.over(round),
        }
        true
    }

    /// The time to answer a handle's ping is over, if the ping is not answered.
    fn on_unanswered(&mut self, round: &mut Round<'_, '_>) {
        self.ping_due = None;
        let mut state = round.cell.lock();
        if !state.pings.is_under_way() {
            return;
        }
        let why = if state.inbox.has_room() {
            Unanswered::Silent(round.cell.settings.heartbeat.timeout)
        } else {
            Unanswered::Unread
        };
        state.pings.give_up(why);
        round.again |= state.wake_pinging();
    }

    fn has_expired(&self, now: Instant) -> bool {
        matches!(self.phase, Phase::Serving) && self.expires.is_some_and(|at| at <= now)
    }

    fn has_said_nothing(&self, round: &Round<'_, '_>, now: Instant) -> bool {
        round.cell.heartbeat_message().is_some_and(|(interval, _)| self.said.0 + interval <= now)
    }

    /// A peer that reads nothing gets no more data.
    fn on_nothing_said(&mut self, round: &mut Round<'_, '_>, now: Instant) {
        if self.stalled.is_some() {
            self.said.0 = now;
        } else {
            self.speak(round, now);
        }
    }

    fn is_idle(&self, round: &Round<'_, '_>, now: Instant) -> bool {
        round.limits().idle_timeout.is_some_and(|limit| self.active.0 + limit <= now)
    }

    /// No message has arrived within the idle timeout.
    fn on_idle(&mut self, round: &mut Round<'_, '_>, now: Instant) {
        let mut state = round.cell.lock();
        if self.stalled.is_some() || !round.wire.may_read() || !state.inbox.has_room() {
            // Unknown: nothing is being read, because the handler or the peer is behind.
            self.active.0 = now;
        } else if let Some(limit) = round.limits().idle_timeout {
            state.finish(End::Idle(format!("no message arrived within {limit:?}")));
        }
    }

    fn on_silence(&mut self, round: &mut Round<'_, '_>, now: Instant) {
        let (limits, heartbeat) = (round.limits(), round.cell.settings.heartbeat);
        if let Some((since, _)) = self.stalled
            && since + limits.send_timeout <= now
        {
            let words = format!("the peer has not read anything for {:?}", limits.send_timeout);
            round.cell.lock().finish(End::Stalled(words));
        } else if self.stalled.is_some() || !round.wire.may_read() {
            // Silence means nothing here: the peer does not read, or a ping would wait behind data that the peer reads
            // slowly.
            self.heard.0 = now;
            self.pong_due = None;
        } else if !round.cell.lock().inbox.has_room() {
            // Nothing is being read, because the handler is behind, so a pong would not be seen. But writing to a peer
            // that is gone fails, and nothing else would reveal it.
            round.wire.queue_ping();
            self.heard.0 = now;
            self.pong_due = None;
        } else if self.pong_due.is_some_and(|due| due <= now) {
            let words = format!("no answer to a ping within {:?}", heartbeat.timeout);
            round.cell.lock().finish(End::HeartbeatMissed(words));
        } else if self.pong_due.is_none() {
            round.wire.queue_ping();
            self.pong_due = Some(now + heartbeat.timeout);
        }
    }
}

/// `stalled` as it is after this much progress.
fn progressed(stalled: (Instant, u64), progress: u64) -> (Instant, u64) {
    if stalled.1 == progress { stalled } else { (Instant::now(), progress) }
}

impl<'a, 'cx> Round<'a, 'cx> {
    pub(super) fn new(cell: &'a Cell, wire: &'a mut Wire, cx: &'a mut Context<'cx>) -> Self {
        Self { cell, wire, cx, again: false, written: None, is_at_its_end: false, room: None, expires: None }
    }

    fn limits(&self) -> Limits {
        self.cell.settings.limits
    }

    fn has_ended(&self) -> bool {
        self.is_at_its_end && self.cell.lock().has_ended()
    }

    /// Tells the state how much was written, and takes the snapshot that this round works with.
    fn look(&mut self, state: &mut State) {
        if let Some(queued) = self.written.take() {
            self.again |= state.written_up_to(queued);
        }
        self.again |= state.wake_pinging();
        self.is_at_its_end = state.is_at_its_end();
        self.room = state.room_to_read();
        self.expires = state.expires;
    }

    /// Takes a snapshot of the state. Changes after this point are handled in another turn. Returns whether a handle's
    /// ping was sent.
    fn begin(&mut self) -> bool {
        let mut state = self.cell.lock();
        state.turn.begin_round();
        self.look(&mut state);
        self.wire.take(&mut state.outbox);
        let ping = if state.stage == Stage::Open { state.pings.take_asked() } else { None };
        drop(state);
        self.wire.hand_over();
        if let Some(number) = ping {
            self.wire.queue_numbered_ping(number);
        }
        ping.is_some()
    }

    /// Passes queued messages to the engine.
    fn take_queued(&mut self) {
        self.wire.take(&mut self.cell.lock().outbox);
        self.wire.hand_over();
    }

    /// Reads until there is nothing more or the inbox is full, and wakes tasks that wait in `recv` if there is anything
    /// new.
    fn read_ahead(&mut self) {
        let mut is_new = false;
        let mut batch = Vec::new();
        let mut last = None;
        while let Some(room) = self.put(&mut batch, last, is_new) {
            last = self.read_batch(&mut batch, room);
            is_new |= !batch.is_empty() || matches!(last, Some(Read::End(_)));
        }
    }

    /// Moves the messages that were read, and the final item, into the inbox. Returns the remaining room if reading should
    /// continue: handles may have made room in the meantime, and rely on the owner to read on.
    fn put(&mut self, batch: &mut Vec<Message>, last: Option<Read>, is_new: bool) -> Option<(usize, usize)> {
        let mut state = self.cell.lock();
        let state = &mut *state;
        state.inbox.put(batch);
        let was_last = last.is_some_and(|last| !state.note(last).goes_on);
        self.look(state);
        let room = self.room.filter(|_| !was_last && !self.again);
        if room.is_none() && is_new {
            self.again |= state.receiving.wake(&mut state.later);
        }
        room
    }

    /// Reads up to this many messages and bytes. Returns the item that came instead of another message.
    fn read_batch(&mut self, batch: &mut Vec<Message>, (messages, bytes): (usize, usize)) -> Option<Read> {
        // Messages that no handle receives.
        batch.clear();
        let (mut read, mut sum) = (0, 0);
        while read < messages && sum < bytes {
            match self.wire.read() {
                Read::Message(message) => {
                    self.cell.received(message.len());
                    (read, sum) = (read + 1, sum + message.len());
                    batch.extend(self.cell.sort(message));
                }
                other => return Some(other),
            }
        }
        None
    }

    /// Wakes all waiting tasks.
    fn wake_all(&mut self) {
        self.again |= self.cell.lock().wake_all();
    }

    /// Wakes all tasks that wait for room, a flush, the opening or the end.
    fn wake_waiting(&mut self) {
        let mut state = self.cell.lock();
        let state = &mut *state;
        self.again |= state.waiting.wake(&mut state.later);
    }
}

impl std::fmt::Debug for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Opening(_) => "Opening",
            Self::Serving => "Serving",
            Self::Answering => "Answering",
            Self::Closing => "Closing",
            Self::Parting => "Parting",
            Self::Over => "Over",
        })
    }
}
