//! One topic's queue: a log that all subscribers read, each from its own position.
//!
//! An event is stored once, regardless of the number of subscribers, and is removed when the last of them has taken it
//! or when it is too old. So publishing is one push, and a slow subscriber costs the others nothing.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Waker},
};

use sockeye_rules::render::count;
use tokio::time::Instant;

#[cfg(feature = "console")]
use super::census::Load;
use super::{
    builder::Bounds,
    heard::{Gap, Heard, Verdict},
    history::{self, Gap as Missing, Position},
    lost::Lost,
    packet::{Body, Recent, Stamp, Ticket},
    queue::{Drawn, Entry, Own, Place, Pushed, Queue},
    remote::random,
    shared::Ahead,
    wake::wake_all,
};
use crate::{Message, metrics::HubCounts};

#[derive(Debug)]
pub(super) struct Channel {
    /// No foreign code runs while it is held: no waker is cloned, woken or dropped, and no payload is dropped.
    log: Mutex<Log>,
    pub(super) bounds: Bounds,
    counts: HubCounts,
    /// The total of all topics that are kept without subscribers.
    kept: Arc<AtomicUsize>,
}

#[derive(Debug)]
pub(super) struct Log {
    pub(super) queue: Queue,
    /// The events that other machines have published.
    pub(super) heard: Heard,
    /// With a history that the broker keeps: what has arrived while the queue was not current.
    pub(super) ahead: Ahead,
    /// The time since which the broker delivers the topic, as it has confirmed.
    confirmed: Option<Instant>,
    ended: bool,
    /// It has been removed from the map of topics: later events belong to the next channel with that name.
    pub(super) retired: bool,
    /// Its share of the memory that is kept without subscribers.
    kept: usize,
}

/// The result of a look for an event.
#[derive(Debug)]
pub(super) enum Found {
    Event(Drawn),
    /// Something is lost, and no event has followed.
    Lost(Lost),
    /// Nothing yet; the subscriber will be woken.
    Nothing,
    /// Nothing, and nothing will follow.
    Ended,
}

/// Values that a subscriber leaves behind: dropping them runs foreign code, so it does not happen under a lock.
pub(super) struct Leaving {
    /// No subscriber is left, and there is no history to keep.
    pub(super) is_retired: bool,
    _waker: Option<Waker>,
    _unheard: Vec<Message>,
}

/// The state of a channel without subscribers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Idle {
    /// The time of the last event. `None`: there is none yet, and the caller that created it may be about to publish.
    pub(super) since: Option<Instant>,
    /// How many events were published.
    events: u64,
}

impl Channel {
    pub(super) fn new(bounds: Bounds, counts: HubCounts, kept: Arc<AtomicUsize>) -> Self {
        let is_shared = bounds.is_shared();
        let epoch = bounds.history.filter(|_| !is_shared).map(|_| history::epoch(random()));
        let log = Log {
            queue: Queue::with_history(epoch, !is_shared),
            heard: Heard::default(),
            ahead: Ahead::default(),
            confirmed: None,
            ended: false,
            retired: false,
            kept: 0,
        };
        Self { log: Mutex::new(log), bounds, counts, kept }
    }

    pub(super) fn counts(&self) -> &HubCounts {
        &self.counts
    }

    /// Adds an event for all subscribers except its publisher, and wakes them. Returns how many will receive it. If the event would
    /// have been kept, but the channel has been retired, returns the event.
    pub(super) fn push(&self, message: Message, publisher: Option<&Place>) -> Result<usize, Message> {
        let mut log = self.lock();
        if log.retired && self.bounds.history.is_some() {
            return Err(message);
        }
        let pushed = log.queue.push(message, publisher, self.bounds);
        self.weigh(&mut log);
        let wakers = if pushed.is_ok() { log.queue.take_wakers() } else { Vec::new() };
        drop(log);
        Ok(self.tell(wakers, pushed))
    }

    /// Adds an event from another machine, unless it is a duplicate. Returns which earlier events of the same publisher are missing. If
    /// the channel has been retired, returns the event. The broker does not keep it.
    pub(super) fn receive(&self, stamp: Option<&Stamp>, body: Body) -> Result<Gap, Body> {
        let mut log = self.lock();
        if log.retired {
            return Err(body);
        }
        let gap = match stamp.map(|stamp| log.hear(stamp, &body)) {
            Some(Verdict::Stale) => return Ok(Gap::default()),
            Some(Verdict::New(gap)) => gap,
            None => Gap::default(),
        };
        log.queue.losses.add(gap);
        let pushed = match body {
            // Without a position: its broker keeps other events.
            Body::Event(message) if self.bounds.is_shared() => {
                Some(log.queue.push_beside(message, self.bounds))
            }
            Body::Event(message) => Some(log.queue.push(message, None, self.bounds)),
            Body::Mark(_) => None,
        };
        self.weigh(&mut log);
        // Most marks report nothing new, and wake no task.
        let is_news = pushed.is_some() || !gap.is_nothing();
        let wakers = if is_news { log.queue.take_wakers() } else { Vec::new() };
        drop(log);
        match pushed {
            Some(pushed) => _ = self.tell(wakers, pushed),
            None => wake_all(wakers),
        }
        Ok(gap)
    }

    /// All of these run foreign code, so not under the lock.
    pub(super) fn tell(&self, wakers: Vec<Waker>, pushed: Result<Pushed, Message>) -> usize {
        wake_all(wakers);
        let Ok(pushed) = pushed else { return 0 };
        self.counts.queued(pushed.depth, pushed.missed());
        pushed.reached
    }

    /// Events of other machines no longer arrive.
    pub(super) fn cut_off(&self) {
        let is_shared = self.bounds.is_shared();
        self.change(|log| {
            log.confirmed = None;
            if is_shared {
                // What is missed meanwhile is kept by the broker.
                log.queue.is_outdated();
            } else {
                log.queue.losses.outages += 1;
            }
        });
    }

    /// Events of other machines arrive from now on. `late` if there were subscribers while they did not.
    pub(super) fn confirm(&self, late: bool) {
        let now = Instant::now();
        if self.bounds.is_shared() {
            // It may have been confirmed before, and ordered again.
            if self.lock().confirmed.is_none() {
                self.change(|log| log.confirmed = Some(now));
            }
            return;
        }
        self.change(|log| {
            log.confirmed = Some(now);
            log.queue.losses.outages += u64::from(late);
        });
    }

    fn change(&self, change: impl FnOnce(&mut Log)) {
        let mut log = self.lock();
        change(&mut log);
        let wakers = log.queue.take_wakers();
        drop(log);
        wake_all(wakers);
    }

    /// A position after everything that has been published; `own` is the last event that this machine has published.
    pub(super) fn enter(&self, own: Own) -> Place {
        let mut log = self.lock();
        let place = log.queue.enter(own);
        self.weigh(&mut log);
        place
    }

    /// A position after the given one, the gap between the two, and the events that have expired.
    pub(super) fn enter_at(&self, position: Position) -> (Place, Option<Missing>, Vec<Entry>) {
        let mut log = self.lock();
        let entered = log.queue.enter_at(position, self.bounds);
        self.weigh(&mut log);
        entered
    }

    /// Whether subscribers wait for what the broker has.
    pub(super) fn is_awaited(&self) -> bool {
        self.lock().queue.is_awaited()
    }

    /// The epoch and the offset of the last event, if the broker numbers them.
    pub(super) fn reached(&self) -> Option<(u64, u64)> {
        self.lock().queue.reached()
    }

    /// The gap at the beginning of a subscriber that had to wait.
    pub(super) fn gap(&self, place: &Place) -> Option<Missing> {
        self.lock().queue.gap(place)
    }

    /// Identifies a subscriber for the packets that it publishes.
    pub(super) fn ticket(&self, place: &Place) -> Option<Ticket> {
        self.lock().queue.ticket(place)
    }

    /// `None` while there are subscribers.
    pub(super) fn idle(&self) -> Option<Idle> {
        let log = self.lock();
        (log.queue.subscribers() == 0).then(|| log.idle())
    }

    /// Updates the total of what is kept without subscribers, after each change of the events or the subscribers.
    pub(super) fn weigh(&self, log: &mut Log) {
        let is_idle = self.bounds.history.is_some() && log.queue.subscribers() == 0 && !log.retired;
        let now = if is_idle { log.queue.held() } else { 0 };
        let before = std::mem::replace(&mut log.kept, now);
        if now > before {
            self.kept.fetch_add(now - before, Ordering::Relaxed);
        } else if before > now {
            self.kept.fetch_sub(before - now, Ordering::Relaxed);
        }
    }

    /// Retires the channel, unless it was published to in the meantime; then returns `false`. No subscriber can be added: the map of
    /// topics is locked.
    pub(super) fn retire(&self, idle: Idle) -> bool {
        let mut log = self.lock();
        log.retired = log.idle() == idle;
        self.weigh(&mut log);
        log.retired
    }

    /// Returns a seat. The map of topics is locked.
    pub(super) fn leave(&self, place: &Place) -> Leaving {
        let mut log = self.lock();
        let (waker, unheard) = log.queue.leave(place);
        let is_kept = log.queue.newest().is_some() && !self.bounds.is_shared();
        log.retired = log.queue.subscribers() == 0 && !is_kept;
        self.weigh(&mut log);
        Leaving { is_retired: log.retired, _waker: waker, _unheard: unheard }
    }

    /// Takes the event at this position and advances, or registers the waker. A loss is returned on its own only if `told_apart`.
    /// If no event is expected, this takes one lock instead of two.
    pub(super) fn take(
        &self,
        place: &Place,
        told_apart: bool,
        expects_nothing: bool,
        cx: &Context<'_>,
    ) -> Found {
        let spare = expects_nothing.then(|| cx.waker().clone());
        let found = self.poll(place, spare, cx, |log| log.find(place, told_apart));
        found.unwrap_or(Found::Nothing)
    }

    /// Whether events of other machines arrive, or nothing more will; otherwise registers the waker.
    pub(super) fn is_confirmed(&self, place: &Place, cx: &Context<'_>) -> bool {
        self.poll(place, None, cx, |log| (log.confirmed.is_some() || log.ended).then_some(())).is_some()
    }

    /// A spare waker is dropped after the lock is released: a parameter outlives the variables of the body.
    fn poll<F>(
        &self,
        place: &Place,
        spare: Option<Waker>,
        cx: &Context<'_>,
        mut find: impl FnMut(&mut Log) -> Option<F>,
    ) -> Option<F> {
        let mut log = self.lock();
        if let Some(found) = find(&mut log) {
            return Some(found);
        }
        if log.queue.is_noted(place, cx.waker()) {
            return None;
        }
        if let Some(waker) = spare {
            let replaced = log.queue.note(place, waker);
            drop(log);
            drop(replaced);
            return None;
        }
        drop(log);
        // It is foreign code. An event may arrive while it runs, so there is a second look.
        let waker = cx.waker().clone();
        let mut log = self.lock();
        let found = find(&mut log);
        let replaced = if found.is_none() { log.queue.note(place, waker) } else { Some(waker) };
        drop(log);
        drop(replaced);
        found
    }

    /// Says that nothing more will come.
    pub(super) fn end(&self) {
        let mut log = self.lock();
        log.ended = true;
        let wakers = log.queue.take_wakers();
        drop(log);
        wake_all(wakers);
    }

    #[cfg(feature = "console")]
    pub(super) fn load(&self) -> Load {
        let log = self.lock();
        let (queued, lag) = log.queue.load();
        Load { subscribers: log.queue.subscribers(), queued, lag }
    }

    /// How many subscribers there are.
    pub(super) fn subscribers(&self) -> usize {
        self.lock().queue.subscribers()
    }

    /// The limit that was exceeded when an event was last dropped.
    pub(super) fn excess(&self) -> String {
        let (events, bytes) = (self.bounds.entries(), self.bounds.bytes);
        if self.lock().queue.was_too_large() { count(bytes, "byte") } else { count(events, "event") }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn idle(&self) -> Idle {
        Idle { since: self.queue.newest(), events: self.queue.end() }
    }

    pub(super) fn hear(&mut self, stamp: &Stamp, body: &Body) -> Verdict {
        let recent: Option<Recent> = match body {
            Body::Event(_) => None,
            Body::Mark(recent) => Some(*recent),
        };
        self.heard.hear(stamp, recent, self.confirmed.map(|since| since.elapsed()))
    }

    fn find(&mut self, place: &Place, told_apart: bool) -> Option<Found> {
        if let Some(drawn) = self.queue.take(place) {
            return Some(Found::Event(drawn));
        }
        if told_apart && let Some(lost) = self.queue.take_lost(place) {
            return Some(Found::Lost(lost));
        }
        self.ended.then_some(Found::Ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Hub;

    fn channel() -> Channel {
        let settings = Hub::<u32>::builder().history(10).build().shared.core.settings();
        Channel::new(settings.bounds, HubCounts::new(settings.name), Arc::default())
    }

    #[test]
    fn a_channel_that_was_published_to_meanwhile_is_not_retired() {
        let channel = channel();
        let before = channel.idle().unwrap();
        assert_eq!(channel.push(Message::text("a"), None).unwrap(), 0);
        assert!(!channel.retire(before));
        channel.push(Message::text("b"), None).unwrap();
        assert!(channel.retire(channel.idle().unwrap()));
    }

    #[test]
    fn what_is_kept_is_counted_while_no_one_listens() {
        let channel = channel();
        let kept = || channel.kept.load(Ordering::Relaxed);
        channel.push(Message::text("a".repeat(1000)), None).unwrap();
        let one = kept();
        assert!((1000..2000).contains(&one), "{one}");
        channel.push(Message::text("a".repeat(1000)), None).unwrap();
        assert_eq!(kept(), 2 * one);
        let place = channel.enter(Own::default());
        assert_eq!(kept(), 0);
        channel.push(Message::text("a".repeat(1000)), None).unwrap();
        channel.leave(&place);
        assert_eq!(kept(), 3 * one);
        for _ in 0..20 {
            channel.push(Message::text("a".repeat(1000)), None).unwrap();
        }
        assert_eq!(kept(), 10 * one);
        assert!(channel.retire(channel.idle().unwrap()));
        assert_eq!(kept(), 0);
    }

    #[test]
    fn what_is_retired_gives_back_what_is_published() {
        let channel = channel();
        channel.leave(&channel.enter(Own::default()));
        assert_eq!(channel.push(Message::text("a"), None).unwrap_err().as_text(), Some("a"));
        assert!(channel.receive(None, Body::Event(Message::text("b"))).is_err());
    }
}
