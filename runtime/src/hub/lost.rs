use super::{heard::Gap, history::Gap as Missing};

/// The events that a subscriber did not receive, up to some point; see [`Event::lost`](crate::Event::lost).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Lost {
    /// Events that were dropped here because the subscriber was too slow.
    pub missed: u64,
    /// Events of other machines that were lost in transit. They are counted by the sequence numbers of their
    /// publishers, so a few may be from just before the subscription.
    pub unreceived: u64,
    /// More may be lost than was counted: a connection to the broker was down, the topic was not subscribed to at the broker, or a
    /// publisher's first events did not arrive and may have been published just before or just after the topic was subscribed to.
    pub after_outage: bool,
}

impl Lost {
    /// Whether nothing is missing.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// With what is missing before the first event of a reader that has come back.
    pub(super) fn with(self, Missing { missed, .. }: Missing) -> Self {
        let unreceived = self.unreceived.saturating_add(missed.unwrap_or(0));
        Self { unreceived, after_outage: self.after_outage || missed.is_none(), ..self }
    }
}

/// How much a topic has lost so far. Only the difference between two of these is meaningful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Losses {
    /// Events of other machines.
    pub(super) events: u64,
    /// How often events of other machines could not arrive.
    pub(super) outages: u64,
}

impl Losses {
    pub(super) fn add(&mut self, gap: Gap) {
        // The number comes from the broker, and is not trusted.
        self.events = self.events.saturating_add(gap.lost);
        self.outages += u64::from(gap.perhaps_more);
    }

    /// The losses since `before`.
    pub(super) fn since(self, before: Self) -> Lost {
        let unreceived = self.events - before.events;
        Lost { missed: 0, unreceived, after_outage: self.outages != before.outages }
    }
}
