use std::fmt;

use super::super::channel::Channel;

/// Who learns whether the broker delivers a topic. Called without a lock.
pub(in crate::hub) trait Listener: fmt::Debug + Send + Sync {
    /// Events of other machines no longer arrive.
    fn cut_off(&self);

    /// Events of other machines arrive from now on. `late` if there were subscribers while they did not.
    fn confirm(&self, late: bool);

    /// The topic's events, if it has some: only those are kept.
    fn channel(&self) -> Option<&Channel> {
        None
    }
}

impl Listener for Channel {
    fn cut_off(&self) {
        self.cut_off();
    }

    fn confirm(&self, late: bool) {
        self.confirm(late);
    }

    fn channel(&self) -> Option<&Channel> {
        Some(self)
    }
}
