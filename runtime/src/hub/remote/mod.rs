//! A hub's side of its backplane: the wanted topics, the outgoing events, and the state of the connection.

mod backoff;
mod lines;
mod listener;
mod marks;
mod outgoing;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{runtime::Handle, sync::Notify, time::Instant};

use self::{
    lines::{Lines, Step},
    outgoing::{Outgoing, Parcel, Unsent},
};
use super::{
    Backplane, Inlet, Outlet,
    core::Core,
    heard::Gap,
    history::History,
    kept::Restored,
    log,
    packet::{Recent, Stamp, Ticket},
    queue::Own,
    shared::Received,
};
use crate::{Message, metrics::HubCounts};

pub(super) use self::{
    backoff::{backoff, random},
    lines::Step as LineStep,
    listener::Listener,
    outgoing::Parcel as Outbound,
};

/// How often a gap in events from others is logged at a higher level.
const GAPS: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Remote {
    /// No foreign code runs while it is held, and no other lock is taken under it; the lock on the hub's topics may be held.
    inner: Mutex<Inner>,
    /// There is something for the outlet.
    ordered: Notify,
    /// The result of `readiness` may have changed.
    changed: Notify,
    hub: &'static str,
    /// What the broker keeps of each topic, if it does.
    history: Option<History>,
    waiting: Mutex<Option<Waiting>>,
    started: AtomicBool,
}

#[derive(Debug)]
struct Inner {
    state: State,
    lines: Lines,
    outgoing: Outgoing,
    /// Events that were not sent since the last one that was.
    unsent: u64,
    gap_logged: Option<Instant>,
    /// The backplane has ended: calls of its inlet no longer count.
    stopped: bool,
    ended: bool,
}

/// The state that a backplane has reported.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Connecting,
    Connected,
    Lost(String),
}

/// A backplane that waits for a runtime.
struct Waiting {
    backplane: Box<dyn Backplane>,
    core: Weak<Core>,
}

/// The next action of the outlet.
pub(super) enum Next {
    Line(Step),
    Parcel(Parcel),
    /// Nothing, until an order arrives or this time has come.
    Wait(Option<Instant>),
    Ended,
}

/// Whether the hub and other machines can reach each other.
pub(super) enum Readiness {
    Ready,
    NotYet,
    Failed(String),
}

impl Remote {
    pub(super) fn new(hub: &'static str, history: Option<History>) -> Self {
        let inner = Inner {
            state: State::Connecting,
            lines: Lines::default(),
            outgoing: Outgoing::new(),
            unsent: 0,
            gap_logged: None,
            stopped: false,
            ended: false,
        };
        Self {
            inner: Mutex::new(inner),
            ordered: Notify::new(),
            changed: Notify::new(),
            hub,
            history,
            waiting: Mutex::default(),
            started: AtomicBool::new(false),
        }
    }

    pub(super) fn join(&self, backplane: Box<dyn Backplane>, core: Weak<Core>) {
        let waiting = Waiting { backplane, core };
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(waiting);
        self.start();
    }

    /// Runs the backplane, if it is not running and there is a runtime. A hub may be created before there is one.
    pub(super) fn start(&self) {
        // Only avoids the lock; the waiting backplane is taken once.
        if self.started.load(Ordering::Relaxed) {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.started.store(true, Ordering::Relaxed);
        let Some(Waiting { backplane, core }) = waiting else { return };
        let Some(remote) = core.upgrade().and_then(|core| core.remote().cloned()) else { return };
        let (inlet, outlet) = (Inlet::new(&remote, core), Outlet::new(remote));
        // It may do its work in the call itself, and use the hub.
        runtime.spawn(async move { backplane.run(inlet, outlet).await });
    }

    pub(super) fn is_connected(&self) -> bool {
        self.lock().state == State::Connected
    }

    pub(super) fn publisher(&self) -> u64 {
        self.lock().outgoing.publisher()
    }

    pub(super) fn history(&self) -> Option<History> {
        self.history
    }

    /// The last event of the topic that this machine has published.
    pub(super) fn own(&self, topic: &str) -> Own {
        self.lock().outgoing.reached(topic)
    }

    /// Queues an event; if it is lost for the other machines, that is logged.
    pub(super) fn publish(&self, topic: &Arc<str>, message: Message, from: Option<Ticket>) {
        self.start();
        let mut inner = self.lock();
        let connected = inner.state == State::Connected;
        match inner.outgoing.push(topic, message, from, connected) {
            Ok(()) => {
                let unsent = std::mem::take(&mut inner.unsent);
                drop(inner);
                self.ordered.notify_one();
                if unsent > 0 {
                    log::sent_again(unsent);
                }
            }
            Err(unsent) => {
                inner.unsent += 1;
                let is_first = inner.unsent == 1;
                let has_overflown = inner.outgoing.has_overflown();
                drop(inner);
                self.not_sent(topic, &unsent, is_first);
                if has_overflown {
                    log::untold(topic);
                }
            }
        }
    }

    fn not_sent(&self, topic: &str, unsent: &Unsent, is_first: bool) {
        HubCounts::unsent(self.hub, 1);
        if is_first {
            log::unsent(topic, unsent.reason);
        }
    }

    /// The broker may not have received this event.
    pub(super) fn event_unconfirmed(&self, topic: &Arc<str>, stamp: &Stamp, reason: &str) {
        let mut inner = self.lock();
        inner.outgoing.doubt_event(topic, stamp, Instant::now());
        let has_overflown = inner.outgoing.has_overflown();
        let is_first = inner.unsent == 0;
        inner.unsent += 1;
        drop(inner);
        self.ordered.notify_one();
        HubCounts::unsent(self.hub, 1);
        if is_first {
            log::unsent(topic, reason);
        }
        if has_overflown {
            log::untold(topic);
        }
    }

    /// The broker may not have received this mark.
    pub(super) fn mark_unconfirmed(&self, topic: &Arc<str>, stamp: &Stamp, recent: Recent) {
        let mut inner = self.lock();
        inner.outgoing.doubt_mark(topic, stamp, recent, Instant::now());
        let has_overflown = inner.outgoing.has_overflown();
        drop(inner);
        self.ordered.notify_one();
        if has_overflown {
            log::untold(topic);
        }
    }

    /// The broker has received a mark.
    pub(super) fn mark_confirmed(&self) {
        self.lock().outgoing.trust();
    }

    /// The backplane has ended.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.lost("the backplane has stopped");
    }

    /// The topic has its first subscriber here. `true` if it already receives events of other machines.
    pub(super) fn want(&self, topic: &Arc<str>, channel: &Arc<dyn Listener>) -> bool {
        let mut inner = self.lock();
        let connected = inner.state == State::Connected;
        inner.lines.want(topic, channel, connected)
    }

    /// The topic has lost its last subscriber. The returned value must be dropped after the hub's lock.
    pub(super) fn give_up(&self, topic: &Arc<str>) -> Option<Arc<dyn Listener>> {
        self.lock().lines.give_up(topic)
    }

    /// Orders were added or removed; not under the hub's lock, since wakers are foreign code.
    pub(super) fn tell(&self) {
        self.start();
        self.ordered.notify_one();
    }

    pub(super) fn next(&self) -> Next {
        let mut inner = self.lock();
        if inner.state == State::Connected {
            let now = Instant::now();
            let ended = inner.ended;
            let step = if ended { None } else { inner.lines.next(now) };
            if let Some(step) = step {
                return Next::Line(step);
            }
            if let Some(parcel) = inner.outgoing.pop(now, ended) {
                return Next::Parcel(parcel);
            }
        }
        if inner.ended {
            return Next::Ended;
        }
        let due = if inner.state == State::Connected { inner.outgoing.due() } else { None };
        Next::Wait(due.into_iter().chain(inner.lines.due()).min())
    }

    /// Completes when an order arrives, or has arrived since the last call.
    pub(super) async fn ordered(&self) {
        self.ordered.notified().await;
    }

    pub(super) fn connected(&self) {
        let mut inner = self.lock();
        if inner.stopped {
            return;
        }
        let before = std::mem::replace(&mut inner.state, State::Connected);
        if before != State::Connected {
            inner.lines.connected();
            inner.outgoing.trust();
        }
        drop(inner);
        self.ordered.notify_one();
        self.changed.notify_waiters();
        if let State::Lost(_) = before {
            log::found_again();
        }
    }

    pub(super) fn lost(&self, reason: &str) {
        let mut inner = self.lock();
        let before = std::mem::replace(&mut inner.state, State::Lost(reason.to_owned()));
        let channels = inner.lines.lost();
        let parcels = inner.outgoing.lost();
        inner.unsent += parcels.len() as u64;
        let ended = inner.ended;
        drop(inner);
        HubCounts::unsent(self.hub, parcels.len() as u64);
        if before == State::Connected {
            for channel in &channels {
                channel.cut_off();
            }
        }
        self.ordered.notify_one();
        self.changed.notify_waiters();
        if !matches!(before, State::Lost(_)) && !ended {
            log::lost(reason);
        }
    }

    pub(super) fn confirm(&self, topic: &str, number: u64) {
        let confirmed = self.lock().lines.confirm(topic, number);
        let Some(confirmed) = confirmed else { return };
        confirmed.channel.confirm(confirmed.late);
        self.changed.notify_waiters();
        if confirmed.all_again {
            log::heard_again();
        }
    }

    /// The broker has confirmed the topic, and has said what it keeps of it.
    pub(super) fn restore(&self, topic: &str, number: u64, asked: &Arc<dyn Listener>, restored: Restored) {
        let confirmed = self.lock().lines.confirm(topic, number);
        let Some(confirmed) = confirmed else { return };
        if !Arc::ptr_eq(&confirmed.channel, asked) {
            // It is what an earlier channel of the topic did not have.
            return self.order_again(topic);
        }
        let publisher = self.publisher();
        let received = confirmed.channel.channel().map(|channel| channel.restore(publisher, restored));
        confirmed.channel.confirm(confirmed.late);
        if let Some(received) = received {
            self.received(topic, &received);
        }
        self.changed.notify_waiters();
        if confirmed.all_again {
            log::heard_again();
        }
    }

    /// After a packet of a topic whose history the broker keeps.
    pub(super) fn received(&self, topic: &str, received: &Received) {
        if !received.gap.is_nothing() {
            self.gap(topic, received.gap);
        }
        if received.is_behind {
            self.order_again(topic);
        }
    }

    /// The broker has events of the topic that are not here.
    pub(super) fn order_again(&self, topic: &str) {
        let mut inner = self.lock();
        let connected = inner.state == State::Connected;
        inner.lines.again(topic, connected);
        drop(inner);
        self.ordered.notify_one();
    }

    pub(super) fn refuse(&self, topic: &str, number: u64, reason: &str) {
        let is_first = self.lock().lines.refuse(topic, number, reason.to_owned(), Instant::now());
        // The time of the retry is new to the outlet.
        self.ordered.notify_one();
        self.changed.notify_waiters();
        if is_first {
            log::unheard(topic, reason);
        }
    }

    /// Events of another machine have not arrived.
    pub(super) fn gap(&self, topic: &str, gap: Gap) {
        HubCounts::lost(self.hub, gap.lost);
        let now = Instant::now();
        let mut inner = self.lock();
        let is_loud = inner.gap_logged.is_none_or(|at| now.duration_since(at) >= GAPS);
        if is_loud {
            inner.gap_logged = Some(now);
        }
        drop(inner);
        log::Missing { topic, gap, is_loud }.emit();
    }

    /// No handle is left that can publish, so the queued events are the last.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.ordered.notify_one();
    }

    pub(super) fn has_ended(&self) -> bool {
        self.lock().ended
    }

    pub(super) async fn ready(&self) -> Result<(), String> {
        self.start();
        loop {
            let changed = self.changed.notified();
            match self.readiness() {
                Readiness::Ready => return Ok(()),
                Readiness::Failed(why) => return Err(why),
                Readiness::NotYet => changed.await,
            }
        }
    }

    fn readiness(&self) -> Readiness {
        let inner = self.lock();
        match &inner.state {
            State::Connecting => Readiness::NotYet,
            State::Lost(why) => Readiness::Failed(format!("the backplane is not connected: {why}")),
            State::Connected => match inner.lines.refusal() {
                Some((topics, why)) => Readiness::Failed(format!(
                    "the broker refuses {}: {why}",
                    sockeye_rules::render::count(topics, "topic")
                )),
                None if inner.lines.is_settled() => Readiness::Ready,
                None => Readiness::NotYet,
            },
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Waiting")
    }
}
