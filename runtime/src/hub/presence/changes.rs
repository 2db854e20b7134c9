use std::collections::VecDeque;

use super::PresenceChange;

/// The log keeps this many changes, or as many as there are members.
const LEAST: usize = 256;

/// The last changes of a topic, for all of its readers: each is stored once, until the last reader has it.
#[derive(Debug, Default)]
pub(super) struct Changes {
    log: VecDeque<Change>,
    /// The number of the oldest change.
    first: u64,
    /// How many readers follow.
    readers: usize,
}

#[derive(Debug)]
struct Change {
    change: PresenceChange,
    /// How many readers have yet to take it.
    left: usize,
}

impl Changes {
    pub(super) fn push(&mut self, change: PresenceChange, members: usize) {
        if self.readers == 0 {
            self.first += 1;
            return;
        }
        self.log.push_back(Change { change, left: self.readers });
        while self.log.len() > LEAST.max(members) {
            self.pop();
        }
    }

    /// A reader follows from now on.
    pub(super) fn enter(&mut self) -> u64 {
        self.readers += 1;
        self.end()
    }

    /// A reader no longer follows.
    pub(super) fn leave(&mut self, at: u64) {
        self.readers -= 1;
        let taken = usize::try_from(at.saturating_sub(self.first)).unwrap_or(usize::MAX);
        for change in self.log.iter_mut().skip(taken) {
            change.left -= 1;
        }
        self.trim();
    }

    /// The change at this position; `None` if there is none yet.
    pub(super) fn take(&mut self, at: u64) -> Option<PresenceChange> {
        let change = self.log.get_mut(usize::try_from(at.checked_sub(self.first)?).ok()?)?;
        change.left -= 1;
        let taken = change.change.clone();
        self.trim();
        Some(taken)
    }

    /// Whether the change at this position is no longer there.
    pub(super) fn is_past(&self, at: u64) -> bool {
        at < self.first
    }

    fn end(&self) -> u64 {
        self.first + self.log.len() as u64
    }

    fn trim(&mut self) {
        while self.log.front().is_some_and(|change| change.left == 0) {
            self.pop();
        }
        if self.log.is_empty() && self.log.capacity() > LEAST {
            self.log.shrink_to(0);
        }
    }

    fn pop(&mut self) {
        self.first += u64::from(self.log.pop_front().is_some());
    }
}
