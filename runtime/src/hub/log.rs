//! The hub's log events. None of these functions may be called under a lock: a `LogStream` publishes what it receives.

use sockeye_rules::{BACKPLANE_LOST, SLOW_CONSUMER};
use tracing::Level;

use super::heard::Gap;
use crate::log::event;

/// The remedy for failures between this machine and the broker.
const BROKER: &str = "check that the broker is running and reachable; the hub reconnects by itself";

/// The remedy for events that did not arrive.
const GAP: &str =
    "check the broker and its network; send the whole state again when `next_or_lost` returns a loss";

const READ_FASTER: &str = "read the subscription faster, publish less, or raise `HubBuilder::queue`";

/// Events were dropped for a slow subscriber.
pub(super) struct Missed<'a> {
    pub(super) topic: &'a str,
    pub(super) events: u64,
    /// This subscriber has been reported before, at a higher level.
    pub(super) again: bool,
}

impl Missed<'_> {
    pub(super) fn emit(&self) {
        let Self { topic, events: missed, again } = *self;
        event!(
            if again { Level::DEBUG } else { Level::WARN },
            "events were dropped for a slow subscriber",
            rule = SLOW_CONSUMER.name,
            topic = topic,
            missed = missed,
            remedy = READ_FASTER,
        );
    }
}

/// The connection to other machines is lost.
pub(super) fn lost(reason: &str) {
    event!(
        Level::WARN,
        "the backplane is lost",
        rule = BACKPLANE_LOST.name,
        reason = reason,
        remedy = BROKER
    );
}

/// The connection is restored.
pub(super) fn found_again() {
    event!(Level::INFO, "the backplane is connected again");
}

/// An event could not be passed to the backplane; further ones are counted, not logged.
pub(super) fn unsent(topic: &str, reason: &str) {
    event!(
        Level::WARN,
        "an event did not reach other machines",
        rule = BACKPLANE_LOST.name,
        topic = topic,
        reason = reason,
        remedy = BROKER,
    );
}

/// Events reach other machines again.
pub(super) fn sent_again(unsent: u64) {
    event!(Level::INFO, "events reach other machines again", unsent = unsent);
}

/// A topic does not receive events of other machines; further ones are counted in the hub's readiness error.
pub(super) fn unheard(topic: &str, reason: &str) {
    event!(
        Level::WARN,
        "cannot subscribe to a topic at the broker; retrying",
        rule = BACKPLANE_LOST.name,
        topic = topic,
        reason = reason,
        remedy = BROKER,
    );
}

/// The broker has confirmed all topics that it had refused.
pub(super) fn heard_again() {
    event!(Level::INFO, "all topics are subscribed at the broker again");
}

/// Too many topics have lost events to notify all subscribers on other machines. Logged once per occurrence.
pub(super) fn untold(topic: &str) {
    event!(
        Level::WARN,
        "too many topics have lost events to notify all subscribers",
        rule = BACKPLANE_LOST.name,
        topic = topic,
        remedy = BROKER,
    );
}

/// A packet of another version of Sockeye.
pub(super) fn unreadable(topic: &str) {
    event!(
        Level::WARN,
        "a packet of another version of Sockeye cannot be read",
        rule = BACKPLANE_LOST.name,
        topic = topic,
        remedy = "run the same version of Sockeye on every machine",
    );
}

/// A packet about presence that is not one of this version. Logged once for each hub.
pub(super) fn unreadable_presence(topic: &str) {
    event!(
        Level::WARN,
        "a packet about presence cannot be read",
        rule = BACKPLANE_LOST.name,
        topic = topic,
        remedy = "run the same version of Sockeye on every machine, and let no other program publish to topics that begin with `\\u{1}sockeye:`",
    );
}

/// Events of another machine did not arrive.
pub(super) struct Missing<'a> {
    pub(super) topic: &'a str,
    pub(super) gap: Gap,
    /// Nothing similar was logged recently.
    pub(super) is_loud: bool,
}

impl Missing<'_> {
    pub(super) fn emit(&self) {
        let Self { topic, gap: Gap { lost, perhaps_more }, is_loud } = *self;
        let level = if is_loud { Level::WARN } else { Level::DEBUG };
        if perhaps_more {
            event!(
                level,
                "the first events of another machine may be lost",
                rule = BACKPLANE_LOST.name,
                topic = topic,
                remedy = GAP
            );
        }
        if lost > 0 {
            event!(
                level,
                "events of another machine were lost",
                rule = BACKPLANE_LOST.name,
                topic = topic,
                lost = lost,
                remedy = GAP
            );
        }
    }
}
