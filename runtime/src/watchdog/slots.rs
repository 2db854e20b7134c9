//! What each thread polls, and since when.

use std::sync::{
    Arc, Mutex, PoisonError, Weak,
    atomic::{AtomicU64, Ordering},
};

/// The watchdog's clock, in ticks. It counts the watchdog's own sleeps: a suspended process or machine has not blocked anything.
static NOW: AtomicU64 = AtomicU64::new(1);

/// One for each thread that has polled a handler.
static SLOTS: Mutex<Vec<Weak<Slot>>> = Mutex::new(Vec::new());

thread_local! {
    static SLOT: Arc<Slot> = Slot::new();
}

/// A unique number in the process for the subject of a poll, never 0.
pub(crate) fn subject() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Marks a subject that is not a handler.
pub(super) const CHORES: u64 = 1 << 63;

/// Written by one thread, read by the watchdog.
#[derive(Debug, Default)]
struct Slot {
    /// The subject of the poll; 0 if unknown.
    subject: AtomicU64,
    /// The tick in which the poll began; 0 while nothing is polled.
    since: AtomicU64,
}

impl Slot {
    fn new() -> Arc<Self> {
        let slot = Arc::new(Self::default());
        SLOTS.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&slot));
        slot
    }

    fn get(&self) -> (u64, u64) {
        (self.subject.load(Ordering::Relaxed), self.since.load(Ordering::Relaxed))
    }

    /// `since` is 0 while `subject` changes. Each store is a release: a reader of the new subject reads no older `since` after
    /// it.
    fn set(&self, (subject, since): (u64, u64)) {
        self.since.store(0, Ordering::Release);
        self.subject.store(subject, Ordering::Release);
        self.since.store(since, Ordering::Release);
    }

    /// The polls that began in this tick or earlier.
    fn held_since(&self, latest: u64) -> Option<Held> {
        let since = self.since.load(Ordering::Acquire);
        let subject = self.subject.load(Ordering::Acquire);
        let is_held = since != 0 && since <= latest && since == self.since.load(Ordering::Acquire);
        is_held.then_some(Held { subject, since })
    }
}

/// A poll in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) subject: u64,
    pub(super) since: u64,
}

impl Held {
    pub(super) fn is_handler(self) -> bool {
        self.subject & CHORES == 0
    }
}

/// Records what this thread polls while the guard exists. Two loads and six stores; after a thread's first poll nothing is
/// locked or allocated.
pub(crate) fn polled<T>(subject: u64, poll: impl FnOnce() -> T) -> T {
    // A thread that is ending has no slot any more.
    let before = SLOT.try_with(|slot| {
        let before = slot.get();
        slot.set((subject, NOW.load(Ordering::Relaxed)));
        before
    });
    let _leave = before.ok().map(Leave);
    poll()
}

/// Restores the outer poll, even after a panic.
struct Leave((u64, u64));

impl Drop for Leave {
    fn drop(&mut self) {
        let _gone = SLOT.try_with(|slot| slot.set(self.0));
    }
}

/// What this thread polls; 0 if it polls nothing.
pub(crate) fn current() -> u64 {
    SLOT.try_with(|slot| slot.get()).map_or(0, |(subject, since)| if since == 0 { 0 } else { subject })
}

/// Advances by one tick, and returns its number.
pub(super) fn tick() -> u64 {
    NOW.fetch_add(1, Ordering::Relaxed) + 1
}

pub(super) fn now() -> u64 {
    NOW.load(Ordering::Relaxed)
}

/// Every poll that began in this tick or before.
pub(super) fn held_since(latest: u64) -> Vec<Held> {
    let mut slots = SLOTS.lock().unwrap_or_else(PoisonError::into_inner);
    slots.retain(|slot| slot.strong_count() > 0);
    slots.iter().filter_map(Weak::upgrade).filter_map(|slot| slot.held_since(latest)).collect()
}
