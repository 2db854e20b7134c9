use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::super::remote::random;

/// Answers wait up to this long, at random, so that one can serve several questions.
const SPREAD: u64 = 200;
/// How much time there is at least between two packets with all members.
const REST: Duration = Duration::from_secs(1);

/// What the other machines are to be told about a topic.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// These members have changed here.
    changed: BTreeSet<Arc<str>>,
    /// All members are to be sent at this time.
    whole: Option<Instant>,
    /// With the question for those of the others.
    ask: bool,
    sent_whole: Option<Instant>,
}

/// What is to be sent now.
pub(super) enum Due {
    Nothing,
    Changes(BTreeSet<Arc<str>>),
    Whole { ask: bool },
}

impl Pending {
    pub(super) fn changed(&mut self, key: &Arc<str>) {
        self.changed.insert(Arc::clone(key));
    }

    /// The topic is connected: all members are sent at once, with the question.
    pub(super) fn greet(&mut self, now: Instant) {
        (self.whole, self.ask) = (Some(now), true);
    }

    /// All members are sent soon.
    pub(super) fn answer(&mut self, now: Instant) {
        let soon = now + Duration::from_millis(random() % SPREAD);
        let at = self.sent_whole.map_or(soon, |sent| soon.max(sent + REST));
        self.whole = Some(self.whole.map_or(at, |before| before.min(at)));
    }

    /// The others are asked soon.
    pub(super) fn ask(&mut self, now: Instant) {
        self.ask = true;
        self.answer(now);
    }

    /// There is no connection. All is sent when there is one again.
    pub(super) fn forget(&mut self) {
        *self = Self { sent_whole: self.sent_whole, ..Self::default() };
    }

    pub(super) fn take(&mut self, now: Instant) -> Due {
        if self.whole.is_some_and(|at| at <= now) {
            let ask = self.ask;
            *self = Self { sent_whole: Some(now), ..Self::default() };
            return Due::Whole { ask };
        }
        let changed = std::mem::take(&mut self.changed);
        if changed.is_empty() { Due::Nothing } else { Due::Changes(changed) }
    }

    pub(super) fn is_something(&self) -> bool {
        self.whole.is_some() || !self.changed.is_empty()
    }

    /// When there is more to send.
    pub(super) fn due(&self) -> Option<Instant> {
        self.whole
    }
}
