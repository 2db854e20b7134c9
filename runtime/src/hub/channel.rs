//! One topic's queue: a log that all subscribers read, each at its own place.
//!
//! An event is in it once, however many are to receive it, and leaves when the last of them has taken it or when it is
//! too old. So publishing costs one push, and a slow subscriber costs nobody anything.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Waker},
};

use sockeye_rules::render::count;
use tokio::time::Instant;

use super::{
    builder::Bounds,
    heard::{Gap, Heard, Verdict},
    history::{self, Gap as Missing, Position},
    lost::Lost,
    packet::{Body, Recent, Stamp},
    queue::{Drawn, Entry, Place, Pushed, Queue},
    remote::random,
    wake::wake_all,
};
use crate::{Message, metrics::HubCounts};

#[derive(Debug)]
pub(super) struct Channel {
    /// No foreign code runs while it is held: no waker is cloned, woken or dropped, and no payload is dropped.
    log: Mutex<Log>,
    bounds: Bounds,
    counts: HubCounts,
    /// What all topics keep that no one listens to.
    kept: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct Log {
    queue: Queue,
    /// What has come from other machines.
    heard: Heard,
    /// Since when the broker brings the topic; it has confirmed that.
    confirmed: Option<Instant>,
    ended: bool,
    /// It is not in the map of topics any more: what is published from now on belongs to the next channel of that name.
    retired: bool,
    /// Its part of what is kept though no one listens.
    kept: usize,
}

/// What a subscriber finds.
#[derive(Debug)]
pub(super) enum Found {
    Event(Drawn),
    /// Something is lost, and nothing has come after it.
    Lost(Lost),
    /// Nothing yet; the subscriber is woken when there is.
    Nothing,
    /// Nothing, and nothing will come.
    Ended,
}

/// What a subscriber leaves behind: foreign code runs when it is dropped, so not under a lock.
pub(super) struct Leaving {
    /// No one is left, and there is no history that somebody may come back for.
    pub(super) is_retired: bool,
    _waker: Option<Waker>,
    _unheard: Vec<Message>,
}

/// What a channel is like that no one listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Idle {
    /// When it was last published to. `None`: not yet, and whoever opened it may be about to.
    pub(super) since: Option<Instant>,
    /// How many events were published.
    events: u64,
}

impl Channel {
    pub(super) fn new(bounds: Bounds, counts: HubCounts, kept: Arc<AtomicUsize>) -> Self {
        let epoch = bounds.history.map(|_| history::epoch(random()));
        let log = Log { queue: Queue::with_history(epoch), ..Log::default() };
        Self { log: Mutex::new(log), bounds, counts, kept }
    }

    pub(super) fn counts(&self) -> &HubCounts {
        &self.counts
    }

    /// Adds an event for everybody but its publisher, and wakes who waits for it. Says how many will receive it. Gives the event back
    /// where it would be kept, had the channel not been retired.
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

    /// Adds what has come from another machine, unless it has been here. Says what of its publisher's should have come before it and has
    /// not. Gives it back when the channel has been retired.
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
            Body::Event(message) => Some(log.queue.push(message, None, self.bounds)),
            Body::Mark(_) => None,
        };
        self.weigh(&mut log);
        // Most marks tell nothing new, and wake nobody.
        let is_news = pushed.is_some() || !gap.is_nothing();
        let wakers = if is_news { log.queue.take_wakers() } else { Vec::new() };
        drop(log);
        match pushed {
            Some(pushed) => _ = self.tell(wakers, pushed),
            None => wake_all(wakers),
        }
        Ok(gap)
    }

    /// Foreign code runs in all of these, so not under the lock.
    fn tell(&self, wakers: Vec<Waker>, pushed: Result<Pushed, Message>) -> usize {
        wake_all(wakers);
        let Ok(pushed) = pushed else { return 0 };
        self.counts.queued(pushed.depth, pushed.missed());
        pushed.reached
    }

    /// Other machines are not heard any more.
    pub(super) fn cut_off(&self) {
        self.change(|log| {
            log.confirmed = None;
            log.queue.losses.outages += 1;
        });
    }

    /// Other machines are heard from now on; `late` when they have not been, though somebody listened.
    pub(super) fn confirm(&self, late: bool) {
        let now = Instant::now();
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

    /// A place behind everything that was published before.
    pub(super) fn enter(&self) -> Place {
        let mut log = self.lock();
        let place = log.queue.enter();
        self.weigh(&mut log);
        place
    }

    /// A place behind that position, what is gone between the two, and what is too old.
    pub(super) fn enter_at(&self, position: Position) -> (Place, Option<Missing>, Vec<Entry>) {
        let mut log = self.lock();
        let entered = log.queue.enter_at(position, self.bounds);
        self.weigh(&mut log);
        entered
    }

    /// `None` while somebody listens.
    pub(super) fn idle(&self) -> Option<Idle> {
        let log = self.lock();
        (log.queue.subscribers() == 0).then(|| log.idle())
    }

    /// Keeps account of what is kept though no one listens, after each change of the events or of who listens.
    fn weigh(&self, log: &mut Log) {
        let is_idle = self.bounds.history.is_some() && log.queue.subscribers() == 0 && !log.retired;
        let now = if is_idle { log.queue.held() } else { 0 };
        let before = std::mem::replace(&mut log.kept, now);
        if now > before {
            self.kept.fetch_add(now - before, Ordering::Relaxed);
        } else if before > now {
            self.kept.fetch_sub(before - now, Ordering::Relaxed);
        }
    }

    /// Nothing is added to it any more, unless it was published to meanwhile; then `false`. No one can enter: the map of topics is locked.
    pub(super) fn retire(&self, idle: Idle) -> bool {
        let mut log = self.lock();
        log.retired = log.idle() == idle;
        self.weigh(&mut log);
        log.retired
    }

    /// Gives a place back. The map of topics is locked.
    pub(super) fn leave(&self, place: &Place) -> Leaving {
        let mut log = self.lock();
        let (waker, unheard) = log.queue.leave(place);
        log.retired = log.queue.subscribers() == 0 && log.queue.newest().is_none();
        self.weigh(&mut log);
        Leaving { is_retired: log.retired, _waker: waker, _unheard: unheard }
    }

    /// Takes the event at the place and moves the place on, or remembers whom to wake. What is lost is found by itself only where
    /// that is `told_apart`. Where nothing is expected, that costs one lock instead of two.
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

    /// Whether other machines are heard, or nothing more will come; or remembers whom to wake.
    pub(super) fn is_confirmed(&self, place: &Place, cx: &Context<'_>) -> bool {
        self.poll(place, None, cx, |log| (log.confirmed.is_some() || log.ended).then_some(())).is_some()
    }

    /// The spare waker, if any, is dropped after the lock is released: a parameter outlives the variables of the body.
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
        // It is foreign code. While it runs something may come, so there is a second look.
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

    /// How many subscribers there are.
    pub(super) fn subscribers(&self) -> usize {
        self.lock().queue.subscribers()
    }

    /// The limit that was exceeded when an event was last dropped.
    pub(super) fn excess(&self) -> String {
        let (events, bytes) = (self.bounds.entries(), self.bounds.bytes);
        if self.lock().queue.was_too_large() { count(bytes, "byte") } else { count(events, "event") }
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn idle(&self) -> Idle {
        Idle { since: self.queue.newest(), events: self.queue.end() }
    }

    fn hear(&mut self, stamp: &Stamp, body: &Body) -> Verdict {
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
        let place = channel.enter();
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
        channel.leave(&channel.enter());
        assert_eq!(channel.push(Message::text("a"), None).unwrap_err().as_text(), Some("a"));
        assert!(channel.receive(None, Body::Event(Message::text("b"))).is_err());
    }
}
