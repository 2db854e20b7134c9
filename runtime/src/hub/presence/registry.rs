use std::{
    collections::{BTreeSet, HashMap, hash_map::Entry},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use tokio::{runtime::Handle, sync::Notify, time::Instant};

use super::{
    super::{
        log,
        packet::{self, Body, Packet},
        remote::{Listener, Remote},
        wake::wake_all,
    },
    BEAT, GONE, LINGER,
    names::{self, Internal},
    roster::{Flushed, Read, Roster},
    task,
    wire::{self, Kind},
};

/// How many machines that were silent for too long, but had members, are remembered.
const LAPSED: usize = 1024;

/// The presence of a hub: the topics with members or readers in this process, and the other machines.
///
/// Its lock may be held when that of a roster is taken, and not the other way round. No foreign code runs while it is held.
#[derive(Debug)]
pub(in crate::hub) struct Registry {
    remote: Option<Arc<Remote>>,
    /// This machine.
    own: Option<u64>,
    inner: Mutex<Inner>,
    /// The rosters with something to send.
    queue: Mutex<Vec<Arc<Roster>>>,
    /// There is something for the task.
    wake: Arc<Notify>,
    started: AtomicBool,
    ended: AtomicBool,
    has_logged: AtomicBool,
}

#[derive(Debug, Default)]
struct Inner {
    rosters: HashMap<Arc<str>, Held>,
    /// How many of them nobody uses.
    idle: usize,
    /// The memberships of this process.
    members: usize,
    /// When each of the other machines was last heard.
    machines: HashMap<u64, Instant>,
    /// Those that were silent for too long, but had members: when they are back, they are asked for them.
    lapsed: BTreeSet<u64>,
    /// When to beat and to look for machines that are silent.
    tick: Option<Instant>,
}

#[derive(Debug)]
struct Held {
    roster: Arc<Roster>,
    users: usize,
    /// Since when there are no users.
    idle: Option<Instant>,
}

/// Whom a user of a roster is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum User {
    Member,
    Reader,
}

/// When the task is to look again.
pub(super) enum Work {
    Wait(Option<Instant>),
    Ended,
}

impl Registry {
    pub(in crate::hub) fn new(remote: Option<Arc<Remote>>) -> Self {
        Self {
            own: remote.as_ref().map(|remote| remote.publisher()),
            remote,
            inner: Mutex::default(),
            queue: Mutex::default(),
            wake: Arc::default(),
            started: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            has_logged: AtomicBool::new(false),
        }
    }

    /// Runs the task, if there are other machines, it is not running, and there is a runtime.
    pub(super) fn start(self: &Arc<Self>) {
        if self.remote.is_none() || self.started.load(Ordering::Relaxed) {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        if !self.started.swap(true, Ordering::Relaxed) {
            runtime.spawn(task::run(Arc::downgrade(self), Arc::clone(&self.wake)));
        }
    }

    /// The roster of a topic, for one more user.
    pub(super) fn acquire(self: &Arc<Self>, topic: &Arc<str>, user: User) -> Arc<Roster> {
        self.start();
        let mut inner = self.lock();
        let is_first = inner.rosters.is_empty();
        inner.members += usize::from(user == User::Member);
        let held = match inner.rosters.entry(Arc::clone(topic)) {
            Entry::Occupied(held) => held.into_mut(),
            Entry::Vacant(vacant) => {
                let roster = Roster::new(topic, self.own, Arc::downgrade(self));
                vacant.insert(Held { roster: Arc::new(roster), users: 0, idle: None })
            }
        };
        let was_idle = held.idle.take().is_some();
        let is_new = held.users == 0 && !was_idle;
        held.users += 1;
        let roster = Arc::clone(&held.roster);
        inner.idle -= usize::from(was_idle);
        let is_confirmed = is_new && self.want(&roster, is_first);
        inner.set_tick(Instant::now());
        drop(inner);
        if let Some(remote) = &self.remote {
            remote.tell();
            self.wake.notify_one();
        }
        if is_confirmed {
            roster.confirm(false);
        }
        roster
    }

    /// Orders the topic from the broker. Under the lock, so that the backplane knows the final state.
    fn want(self: &Arc<Self>, roster: &Arc<Roster>, is_first: bool) -> bool {
        let Some(remote) = &self.remote else { return false };
        if is_first {
            let beats: Arc<dyn Listener> = Arc::new(Beats(Arc::downgrade(self)));
            remote.want(&names::BEATS.into(), &beats);
        }
        let listener: Arc<dyn Listener> = Arc::<Roster>::clone(roster);
        remote.want(roster.wire(), &listener)
    }

    /// A roster has one user less.
    pub(super) fn release(&self, roster: &Roster, user: User) {
        let mut inner = self.lock();
        inner.members -= usize::from(user == User::Member);
        let Some(held) = inner.rosters.get_mut(roster.topic()) else { return };
        held.users -= 1;
        if held.users > 0 {
            return;
        }
        let now = Instant::now();
        // For a while it answers those that have missed that its members have left.
        let stays = self.remote.is_some() && roster.had_members() && !self.has_ended();
        held.idle = Some(now);
        inner.idle += 1;
        let gone = if stays { None } else { self.remove(&mut inner, roster.topic()) };
        inner.set_tick(now);
        drop(inner);
        drop(gone);
        self.tell();
    }

    fn remove(&self, inner: &mut Inner, topic: &str) -> Option<Gone> {
        let held = inner.rosters.remove(topic)?;
        inner.idle -= usize::from(held.idle.is_some());
        if inner.rosters.capacity() > 64 && inner.rosters.len() < inner.rosters.capacity() / 8 {
            let room = inner.rosters.len() * 2;
            inner.rosters.shrink_to(room);
        }
        let Some(remote) = &self.remote else { return Some(Gone(held, None, None)) };
        let wanted = remote.give_up(held.roster.wire());
        let beats = if inner.rosters.is_empty() { remote.give_up(&names::BEATS.into()) } else { None };
        Some(Gone(held, wanted, beats))
    }

    fn tell(&self) {
        if let Some(remote) = &self.remote {
            remote.tell();
            self.wake.notify_one();
        }
    }

    /// A packet of the broker on a topic of presence.
    pub(in crate::hub) fn deliver(&self, whom: Internal<'_>, packet: Bytes) {
        let (stamp, body) = match packet::read(packet) {
            Packet::Stamped(stamp, ..) if Some(stamp.publisher) == self.own => return,
            Packet::Stamped(stamp, body, _) => (stamp, body),
            Packet::Foreign(_) | Packet::Unknown => return self.unreadable(whom),
        };
        let read = match whom {
            Internal::Beats => self.receive_beat(stamp.publisher, &body),
            Internal::Presence(topic) => {
                let Some(roster) = self.find(topic) else { return };
                let read = roster.receive(&stamp, &body);
                // Afterwards: if its farewell comes between the two, its members must not stay.
                self.hear(stamp.publisher);
                read
            }
        };
        if read == Read::Not {
            self.unreadable(whom);
        }
    }

    fn receive_beat(&self, machine: u64, body: &Body) -> Read {
        let Body::Event(message) = body else { return Read::Done };
        match wire::read(message).map(|packet| packet.kind) {
            Some(Kind::Beat) => self.hear(machine),
            Some(Kind::Bye) => self.forget(machine),
            _ => return Read::Not,
        }
        Read::Done
    }

    fn unreadable(&self, whom: Internal<'_>) {
        if !self.has_logged.swap(true, Ordering::Relaxed) {
            log::unreadable_presence(match whom {
                Internal::Beats => names::BEATS,
                Internal::Presence(topic) => names::unescape(topic),
            });
        }
    }

    /// A machine is alive.
    fn hear(&self, machine: u64) {
        let now = Instant::now();
        let mut inner = self.lock();
        inner.machines.insert(machine, now);
        let is_new = inner.set_tick(now);
        let lapsed = inner.lapsed.remove(&machine);
        let asked: Vec<_> = if lapsed { inner.rosters() } else { Vec::new() };
        drop(inner);
        if is_new {
            self.wake.notify_one();
        }
        for roster in asked {
            roster.ask();
        }
    }

    /// A machine has ended.
    fn forget(&self, machine: u64) {
        let mut inner = self.lock();
        inner.machines.remove(&machine);
        let wakers: Vec<_> = inner.rosters().iter().flat_map(|roster| roster.remove(machine).1).collect();
        drop(inner);
        wake_all(wakers);
    }

    /// A roster has something to send; `None` if it is queued already.
    pub(super) fn queue(&self, roster: Option<Arc<Roster>>) {
        if let Some(roster) = roster {
            self.queued().push(roster);
        }
        self.wake.notify_one();
    }

    pub(super) fn queue_topic(&self, topic: &str) {
        if let Some(roster) = self.find(topic) {
            self.queue(Some(roster));
        }
    }

    /// Does what is due.
    pub(super) fn work(&self, now: Instant) -> Work {
        let Some(remote) = self.remote.as_ref().filter(|_| !self.has_ended()) else { return Work::Ended };
        let flushed = self.flush(remote, now);
        let tick = self.tick(remote, now);
        Work::Wait(flushed.into_iter().chain(tick).min())
    }

    fn flush(&self, remote: &Remote, now: Instant) -> Option<Instant> {
        let rosters = std::mem::take(&mut *self.queued());
        let mut earliest = None;
        for roster in rosters {
            let Flushed { messages, due } = roster.flush(now, remote);
            for message in messages {
                remote.publish(roster.wire(), message, None);
            }
            if let Some(due) = due {
                earliest = Some(earliest.map_or(due, |before: Instant| before.min(due)));
                self.queued().push(roster);
            }
        }
        earliest
    }

    /// Beats, and looks for machines that are silent and for rosters that nobody uses.
    fn tick(&self, remote: &Remote, now: Instant) -> Option<Instant> {
        let mut inner = self.lock();
        let Some(at) = inner.tick.filter(|at| *at <= now) else { return inner.tick };
        let wakers = inner.expire(now, at);
        let gone = self.sweep(&mut inner, now);
        let beats = inner.members > 0 && remote.is_connected();
        inner.tick = None;
        inner.set_tick(now);
        let next = inner.tick;
        drop(inner);
        if !gone.is_empty() {
            remote.tell();
        }
        drop(gone);
        if beats {
            remote.publish(&names::BEATS.into(), wire::beat(), None);
        }
        wake_all(wakers);
        next
    }

    fn sweep(&self, inner: &mut Inner, now: Instant) -> Vec<Gone> {
        let is_over = |held: &Held| held.idle.is_some_and(|since| now.duration_since(since) >= LINGER);
        let over: Vec<_> = inner
            .rosters
            .iter()
            .filter(|(_, held)| is_over(held))
            .map(|(topic, _)| Arc::clone(topic))
            .collect();
        over.iter().filter_map(|topic| self.remove(inner, topic)).collect()
    }

    /// No handle of the hub is left: the members of this machine leave the others, and the readers here end.
    pub(in crate::hub) fn end(&self) {
        if self.ended.swap(true, Ordering::AcqRel) {
            return;
        }
        let rosters = self.lock().rosters();
        let is_known = rosters.iter().any(|roster| roster.had_members());
        if let Some(remote) = self.remote.as_ref().filter(|remote| is_known && remote.is_connected()) {
            remote.publish(&names::BEATS.into(), wire::bye(), None);
        }
        for roster in rosters {
            roster.end();
        }
        self.wake.notify_one();
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    fn find(&self, topic: &str) -> Option<Arc<Roster>> {
        self.lock().rosters.get(topic).map(|held| Arc::clone(&held.roster))
    }

    fn queued(&self) -> MutexGuard<'_, Vec<Arc<Roster>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Sets the time of the next look, if one is needed. `true` if there was none.
    fn set_tick(&mut self, now: Instant) -> bool {
        let is_needed = self.members > 0 || self.idle > 0 || !self.machines.is_empty();
        let is_new = is_needed && self.tick.is_none();
        if is_new {
            self.tick = Some(now + BEAT);
        }
        is_new
    }

    /// Removes the members of machines that were silent for too long. The look was due at `due`.
    fn expire(&mut self, now: Instant, due: Instant) -> Vec<std::task::Waker> {
        // This machine was away itself, and has yet to read what came meanwhile.
        if now.duration_since(due) > BEAT {
            self.machines.values_mut().for_each(|heard| *heard = now);
            return Vec::new();
        }
        let silent: Vec<_> = self
            .machines
            .iter()
            .filter(|(_, heard)| now.duration_since(**heard) >= GONE)
            .map(|(machine, _)| *machine)
            .collect();
        let mut wakers = Vec::new();
        for machine in silent {
            self.machines.remove(&machine);
            let mut had_members = false;
            for held in self.rosters.values() {
                let (had_some, woken) = held.roster.remove(machine);
                had_members |= had_some;
                wakers.extend(woken);
            }
            if had_members {
                if self.lapsed.len() >= LAPSED {
                    self.lapsed.pop_first();
                }
                self.lapsed.insert(machine);
            }
        }
        wakers
    }

    fn rosters(&self) -> Vec<Arc<Roster>> {
        self.rosters.values().map(|held| Arc::clone(&held.roster)).collect()
    }
}

/// The topic of the beats.
#[derive(Debug)]
struct Beats(Weak<Registry>);

impl Listener for Beats {
    fn cut_off(&self) {}

    /// With each connection every roster asks by itself.
    fn confirm(&self, _: bool) {
        if let Some(registry) = self.0.upgrade() {
            registry.lock().lapsed.clear();
        }
    }
}

/// What was removed, to be dropped without a lock.
#[expect(dead_code, reason = "it is only dropped")]
struct Gone(Held, Option<Arc<dyn Listener>>, Option<Arc<dyn Listener>>);
