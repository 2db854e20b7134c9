use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Waker},
    time::Duration,
};

use serde_json::Value;
use slab::Slab;
use tokio::time::Instant;

use super::{
    super::{
        heard::{Heard, Verdict},
        packet::{Body, Recent, Stamp},
        remote::{Listener, Remote},
        wake::wake_all,
    },
    Member, PresenceChange, names,
    pending::{Due, Pending},
    registry::Registry,
    view::{Part, Share, View},
    wire::{self, Packet},
};
use crate::{CloseCode, Error, Message, Result};

/// The members of one topic.
#[derive(Debug)]
pub(super) struct Roster {
    topic: Arc<str>,
    /// Where machines speak about it.
    wire: Arc<str>,
    /// This machine.
    own: u64,
    /// There are other machines.
    is_shared: bool,
    registry: Weak<Registry>,
    /// No foreign code runs while it is held.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    view: View,
    /// The memberships of this machine.
    locals: HashMap<Arc<str>, Vec<Local>>,
    /// How many changes they had.
    changes: u64,
    /// The packets of other machines.
    heard: Heard,
    /// Parts that come in several packets.
    halves: HashMap<u64, Half>,
    pending: Pending,
    /// The task knows that something is pending.
    queued: bool,
    readers: Slab<Option<Waker>>,
    ended: bool,
}

#[derive(Debug)]
struct Local {
    id: u64,
    clock: u64,
    meta: Arc<Value>,
}

/// The first packets of a part.
#[derive(Debug)]
struct Half {
    next: u32,
    part: Part,
}

/// A reader's place.
#[derive(Debug)]
pub(super) struct Seat {
    seat: usize,
    /// `None` until it was told who is there.
    at: Option<u64>,
}

/// What a look at what is pending gave.
pub(super) struct Flushed {
    pub(super) messages: Vec<Message>,
    /// When to look again.
    pub(super) due: Option<Instant>,
}

impl Roster {
    /// The machine is `None` if there are no others.
    pub(super) fn new(topic: &Arc<str>, own: Option<u64>, registry: Weak<Registry>) -> Self {
        Self {
            topic: Arc::clone(topic),
            wire: names::of_topic(topic),
            own: own.unwrap_or_default(),
            is_shared: own.is_some(),
            registry,
            state: Mutex::default(),
        }
    }

    pub(super) fn topic(&self) -> &Arc<str> {
        &self.topic
    }

    pub(super) fn wire(&self) -> &Arc<str> {
        &self.wire
    }

    /// Adds a membership, and returns its number.
    pub(super) fn join(self: &Arc<Self>, key: &Arc<str>, meta: Arc<Value>) -> u64 {
        let mut id = 0;
        self.change(key, |locals, number, clock| {
            id = number;
            locals.push(Local { id, clock, meta });
        });
        id
    }

    pub(super) fn update(self: &Arc<Self>, key: &Arc<str>, id: u64, meta: Arc<Value>) {
        self.change(key, |locals, _, clock| {
            if let Some(local) = locals.iter_mut().find(|local| local.id == id) {
                (local.clock, local.meta) = (clock, meta);
            }
        });
    }

    pub(super) fn leave(self: &Arc<Self>, key: &Arc<str>, id: u64) {
        self.change(key, |locals, _, _| locals.retain(|local| local.id != id));
    }

    fn change(self: &Arc<Self>, key: &Arc<str>, change: impl FnOnce(&mut Vec<Local>, u64, u64)) {
        let mut state = self.lock();
        let clock = state.view.tick();
        state.changes += 1;
        let number = state.changes;
        let locals = state.locals.entry(Arc::clone(key)).or_default();
        change(locals, number, clock);
        let share = Share::of(locals);
        if locals.is_empty() {
            state.locals.remove(key);
        }
        let changed = state.view.set(self.own, key, share);
        if self.is_shared {
            state.pending.changed(key);
        }
        self.finish(state, changed);
    }

    /// Wakes whom it concerns, once the lock is released.
    fn finish(self: &Arc<Self>, mut state: MutexGuard<'_, State>, changed: bool) {
        let wakers = if changed { state.take_wakers() } else { Vec::new() };
        let is_pending = state.pending.is_something();
        let is_new = is_pending && !std::mem::replace(&mut state.queued, true);
        drop(state);
        if is_pending && let Some(registry) = self.registry.upgrade() {
            registry.queue(is_new.then(|| Arc::clone(self)));
        }
        wake_all(wakers);
    }

    /// What is to be sent now, if there is a connection.
    pub(super) fn flush(&self, now: Instant, remote: &Remote) -> Flushed {
        let mut state = self.lock();
        state.queued = false;
        // Under the lock: once there is a connection again, the broker's confirmation makes everything pending.
        if !remote.is_connected() {
            state.pending.forget();
            return Flushed { messages: Vec::new(), due: None };
        }
        let messages = match state.pending.take(now) {
            Due::Nothing => Vec::new(),
            Due::Changes(changed) => {
                let part = state.view.part(self.own);
                wire::changes(changed.iter().map(|key| (&**key, part.and_then(|part| part.get(key)))))
            }
            Due::Whole { ask } => {
                let part = state.view.part(self.own);
                // Others know no members of a machine that never had some here.
                let is_said = ask || state.had_members();
                let members = part.into_iter().flatten().map(|(key, share)| (&**key, share));
                if is_said { wire::part(members, ask) } else { Vec::new() }
            }
        };
        let due = state.pending.due();
        state.queued = due.is_some();
        Flushed { messages, due }
    }

    /// A packet of another machine.
    pub(super) fn receive(self: &Arc<Self>, stamp: &Stamp, body: &Body) -> Read {
        let now = Instant::now();
        let mut state = self.lock();
        let gap = match state.hear(stamp, body) {
            Verdict::Stale => return Read::Done,
            Verdict::New(gap) => gap,
        };
        if !gap.is_nothing() {
            state.halves.remove(&stamp.publisher);
            state.pending.ask(now);
        }
        let mut read = Read::Done;
        let mut changed = false;
        if let Body::Event(message) = body {
            match wire::read(message) {
                Some(packet) => {
                    if packet.ask {
                        state.pending.answer(now);
                    }
                    changed = state.apply(stamp.publisher, packet);
                }
                None => read = Read::Not,
            }
        }
        self.finish(state, changed);
        read
    }

    /// That machine is gone; whether it had members.
    pub(super) fn remove(&self, machine: u64) -> (bool, Vec<Waker>) {
        let mut state = self.lock();
        state.halves.remove(&machine);
        let had_some = state.view.part(machine).is_some();
        let changed = state.view.replace(machine, Part::new());
        (had_some, if changed { state.take_wakers() } else { Vec::new() })
    }

    /// Asks the other machines.
    pub(super) fn ask(self: &Arc<Self>) {
        let mut state = self.lock();
        state.pending.ask(Instant::now());
        self.finish(state, false);
    }

    /// Whether other machines may know members of this one.
    pub(super) fn had_members(&self) -> bool {
        self.lock().had_members()
    }

    /// No handle of the hub is left.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        let wakers = state.take_wakers();
        drop(state);
        wake_all(wakers);
    }

    pub(super) fn enter(&self) -> Seat {
        Seat { seat: self.lock().readers.insert(None), at: None }
    }

    /// Everyone who is present, after whom the reader follows.
    pub(super) fn members(&self, seat: &mut Seat) -> Vec<Member> {
        self.lock().members(seat)
    }

    pub(super) fn poll_next(&self, seat: &mut Seat, cx: &Context<'_>) -> Poll<Result<PresenceChange>> {
        // It is foreign code, as is its predecessor.
        let waker = cx.waker().clone();
        let mut state = self.lock();
        let found = state.next(seat);
        let replaced = match &found {
            Some(_) => Some(waker),
            None => state.readers.get_mut(seat.seat).and_then(|noted| noted.replace(waker)),
        };
        drop(state);
        drop(replaced);
        found.map_or(Poll::Pending, Poll::Ready)
    }

    pub(super) fn stand_up(&self, seat: &Seat) {
        let mut state = self.lock();
        if let Some(at) = seat.at {
            state.view.changes.leave(at);
        }
        let waker = state.readers.try_remove(seat.seat);
        drop(state);
        drop(waker);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    Done,
    /// It is none of this version.
    Not,
}

impl State {
    fn hear(&mut self, stamp: &Stamp, body: &Body) -> Verdict {
        let recent: Option<Recent> = match body {
            Body::Event(_) => None,
            Body::Mark(recent) => Some(*recent),
        };
        // As if the broker had delivered the topic all the time: to ask once too often does no harm.
        self.heard.hear(stamp, recent, Some(Duration::MAX))
    }

    fn apply(&mut self, machine: u64, packet: Packet) -> bool {
        let members = packet.members.into_iter().map(|(key, connections, clock, meta)| {
            (Arc::<str>::from(key), Share { connections, clock, meta: Arc::new(meta) })
        });
        let Some((number, of)) = packet.part else {
            return members
                .fold(false, |changed, (key, share)| self.view.set(machine, &key, share) | changed);
        };
        let half = self.halves.remove(&machine).filter(|half| half.next == number);
        let mut half = match half {
            Some(half) => half,
            None if number == 0 => Half { next: 0, part: Part::new() },
            // The beginning is lost, which the numbers of the packets tell.
            None => return false,
        };
        half.part.extend(members.filter(|(_, share)| share.connections > 0));
        half.next = number.saturating_add(1);
        if half.next >= of {
            return self.view.replace(machine, half.part);
        }
        self.halves.insert(machine, half);
        false
    }

    fn members(&mut self, seat: &mut Seat) -> Vec<Member> {
        if let Some(at) = seat.at {
            self.view.changes.leave(at);
        }
        seat.at = Some(self.view.changes.enter());
        self.view.members()
    }

    fn next(&mut self, seat: &mut Seat) -> Option<Result<PresenceChange>> {
        let Some(at) = seat.at.filter(|at| !self.view.changes.is_past(*at)) else {
            return Some(Ok(PresenceChange::Members(self.members(seat))));
        };
        if let Some(change) = self.view.changes.take(at) {
            seat.at = Some(at + 1);
            return Some(Ok(change));
        }
        self.ended.then(|| Err(Error::close(CloseCode::GOING_AWAY, "the topic has no more publishers")))
    }

    fn had_members(&self) -> bool {
        self.changes > 0
    }

    fn take_wakers(&mut self) -> Vec<Waker> {
        self.readers.iter_mut().filter_map(|(_, waker)| waker.take()).collect()
    }
}

impl Share {
    /// Of the memberships of this machine.
    fn of(locals: &[Local]) -> Self {
        let latest = locals.iter().max_by_key(|local| local.clock);
        Self {
            connections: u32::try_from(locals.len()).unwrap_or(u32::MAX),
            clock: latest.map_or(0, |latest| latest.clock),
            meta: latest.map(|latest| Arc::clone(&latest.meta)).unwrap_or_default(),
        }
    }
}

impl Listener for Roster {
    /// The members of other machines stay until those machines were silent for too long.
    fn cut_off(&self) {}

    /// What was changed here and elsewhere is told and asked, late or not.
    fn confirm(&self, _: bool) {
        let mut state = self.lock();
        state.pending.greet(Instant::now());
        state.queued = true;
        drop(state);
        if let Some(registry) = self.registry.upgrade() {
            registry.queue_topic(&self.topic);
        }
    }
}
