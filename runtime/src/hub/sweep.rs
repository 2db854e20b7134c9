use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{builder::Bounds, channel::Idle, history::History};

/// How many topics without subscribers keep their history.
const TOPICS: usize = 10_000;
/// How many bytes they keep in all, with what each event takes beside its payload.
const BYTES: usize = 64 << 20;
/// With fewer topics than this, a sweep is not worthwhile.
const FEW: usize = 64;

/// Decides when to sweep topics without subscribers, and which ones to remove. Changed under the lock on the topics.
#[derive(Debug)]
pub(super) struct Sweeping {
    history: Option<History>,
    /// The total of the topics without subscribers. Each channel adds its share, under its lock.
    kept: Arc<AtomicUsize>,
    budget: usize,
    /// The number of topics from which a sweep is worthwhile.
    topics_at: AtomicUsize,
    /// The number of bytes from which a sweep is worthwhile.
    bytes_at: AtomicUsize,
}

/// A sweep over the topics without subscribers, in order; the one that was published to last comes last.
pub(super) struct Look<'a> {
    sweeping: &'a Sweeping,
    left: usize,
    /// How many bytes may stay.
    bytes: usize,
}

impl Sweeping {
    pub(super) fn new(bounds: Bounds) -> Self {
        // A single topic may keep what its own limits allow.
        let budget = BYTES.max(bounds.bytes);
        let (topics_at, bytes_at) = (AtomicUsize::new(FEW), AtomicUsize::new(budget));
        Self { history: bounds.history, kept: Arc::default(), budget, topics_at, bytes_at }
    }

    pub(super) fn kept(&self) -> &Arc<AtomicUsize> {
        &self.kept
    }

    /// Whether there are so many topics that a sweep is due before one more is added.
    pub(super) fn is_due_at(&self, topics: usize) -> bool {
        self.history.is_some() && topics >= self.topics_at.load(Ordering::Relaxed)
    }

    /// Whether so many bytes are kept that a sweep is due.
    pub(super) fn is_over(&self) -> bool {
        self.now() > self.bytes_at.load(Ordering::Relaxed)
    }

    /// Sweeps this many topics. If there are too many bytes, a quarter is removed, so that as much must be published before the next
    /// sweep.
    pub(super) fn look(&self, idle: usize) -> Look<'_> {
        let bytes = if self.now() > self.budget { self.budget - self.budget / 4 } else { usize::MAX };
        Look { sweeping: self, left: idle, bytes }
    }

    /// The threshold of the next sweep is proportional to what is left, so that the cost per topic and byte is bounded.
    pub(super) fn has_looked(&self, topics: usize) {
        self.topics_at.store(FEW.max(topics + topics.min(TOPICS)), Ordering::Relaxed);
        let now = self.now();
        let bytes = if now > self.budget { now.saturating_add(self.budget / 4) } else { self.budget };
        self.bytes_at.store(bytes, Ordering::Relaxed);
    }

    fn now(&self) -> usize {
        self.kept.load(Ordering::Relaxed)
    }
}

impl Look<'_> {
    /// Whether to remove the next topic; if not, the ones after it stay as well.
    pub(super) fn takes(&mut self, idle: Idle) -> bool {
        let is_surplus = self.left > TOPICS;
        self.left -= 1;
        let is_old = |history: History| idle.since.is_none_or(|since| since.elapsed() > history.age);
        let is_too_much = self.left > 0 && self.sweeping.now() > self.bytes;
        is_surplus || is_too_much || self.sweeping.history.is_some_and(is_old)
    }
}
