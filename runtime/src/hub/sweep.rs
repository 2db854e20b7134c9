use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{builder::Bounds, channel::Idle, history::History};

/// How many topics without subscribers keep their history.
const TOPICS: usize = 10_000;
/// How many bytes they keep in all, with what each event takes beside its payload.
const BYTES: usize = 64 << 20;
/// So few topics are not worth a look for those that nobody comes back for.
const FEW: usize = 64;

/// When it is worth looking for topics that nobody comes back for, and which of them go. Changed under the lock on the topics.
#[derive(Debug)]
pub(super) struct Sweeping {
    history: Option<History>,
    /// What topics without subscribers keep. Each channel adds its own, under its lock.
    kept: Arc<AtomicUsize>,
    budget: usize,
    /// From so many topics on it is worth a look.
    topics_at: AtomicUsize,
    /// From so many bytes on it is worth a look.
    bytes_at: AtomicUsize,
}

/// A look at topics without subscribers, one after the other; the one that was published to last comes last.
pub(super) struct Look<'a> {
    sweeping: &'a Sweeping,
    left: usize,
    /// So many bytes may stay.
    bytes: usize,
}

impl Sweeping {
    pub(super) fn new(bounds: Bounds) -> Self {
        // One topic alone may keep what it may hold.
        let budget = BYTES.max(bounds.bytes);
        let (topics_at, bytes_at) = (AtomicUsize::new(FEW), AtomicUsize::new(budget));
        Self { history: bounds.history, kept: Arc::default(), budget, topics_at, bytes_at }
    }

    pub(super) fn kept(&self) -> &Arc<AtomicUsize> {
        &self.kept
    }

    /// Whether there are so many topics that a look is due before one more is added.
    pub(super) fn is_due_at(&self, topics: usize) -> bool {
        self.history.is_some() && topics >= self.topics_at.load(Ordering::Relaxed)
    }

    /// Whether so many bytes are kept that a look is due.
    pub(super) fn is_over(&self) -> bool {
        self.now() > self.bytes_at.load(Ordering::Relaxed)
    }

    /// A look at so many topics. Once there are too many bytes a quarter goes, so that as much has to be published before the next look.
    pub(super) fn look(&self, idle: usize) -> Look<'_> {
        let bytes = if self.now() > self.budget { self.budget - self.budget / 4 } else { usize::MAX };
        Look { sweeping: self, left: idle, bytes }
    }

    /// The next look is in proportion to what is left, so that each topic and each byte pays for a bounded part of it.
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
    /// Whether the next topic is to go; if not, those after it stay as well.
    pub(super) fn takes(&mut self, idle: Idle) -> bool {
        let is_surplus = self.left > TOPICS;
        self.left -= 1;
        let is_old = |history: History| idle.since.is_none_or(|since| since.elapsed() > history.age);
        let is_too_much = self.left > 0 && self.sweeping.now() > self.bytes;
        is_surplus || is_too_much || self.sweeping.history.is_some_and(is_old)
    }
}
