use super::heard::Gap;

/// What a subscriber did not get, up to some point; see [`Event::lost`](crate::Event::lost).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Lost {
    /// Events that were dropped here because the subscriber was too slow.
    pub missed: u64,
    /// Events of other machines that were lost on the way. They are counted by the sequence numbers of their
    /// publishers, so a few may be from just before the subscription.
    pub unreceived: u64,
    /// More may be lost than was counted: a connection to the broker was away, the topic was not listened to there, or a publisher's first
    /// events did not come and may have been published either just before or after the topic was listened to.
    pub after_outage: bool,
}

impl Lost {
    /// Whether nothing is missing.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// How much a topic has lost so far. Only the difference between two of them says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Losses {
    /// Events of other machines.
    pub(super) events: u64,
    /// Times that others could not be heard.
    pub(super) outages: u64,
}

impl Losses {
    pub(super) fn add(&mut self, gap: Gap) {
        // The number comes from the broker, and may be anything.
        self.events = self.events.saturating_add(gap.lost);
        self.outages += u64::from(gap.perhaps_more);
    }

    /// What was lost since `before`.
    pub(super) fn since(self, before: Self) -> Lost {
        let unreceived = self.events - before.events;
        Lost { missed: 0, unreceived, after_outage: self.outages != before.outages }
    }
}
