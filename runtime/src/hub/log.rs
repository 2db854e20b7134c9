//! What the hub logs. Nothing of it may be called under a lock: a `LogStream` publishes what it hears.

use sockeye_rules::{BACKPLANE_LOST, SLOW_CONSUMER};
use tracing::Level;

use super::heard::Gap;
use crate::log::event;

/// What to do about everything that goes wrong between this machine and the broker.
const BROKER: &str = "check that the broker is running and reachable; the hub reconnects by itself";

/// What to do about events that did not come.
const GAP: &str =
    "check the broker and its network; send the whole state again when `next_or_lost` returns a loss";

const READ_FASTER: &str = "read the subscription faster, publish less, or raise `HubBuilder::queue`";

/// Events were dropped for a slow subscriber.
pub(super) struct Missed<'a> {
    pub(super) topic: &'a str,
    pub(super) events: u64,
    /// It has been said of this subscriber before, loudly.
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

/// It is there again.
pub(super) fn found_again() {
    event!(Level::INFO, "the backplane is connected again");
}

/// An event could not be handed to the backplane; those that follow it are counted, not logged.
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

/// A topic is not heard from other machines; those that follow it are counted in what the hub says when it is asked.
pub(super) fn unheard(topic: &str, reason: &str) {
    event!(
        Level::WARN,
        "cannot subscribe to a topic of other machines; the broker is asked again",
        rule = BACKPLANE_LOST.name,
        topic = topic,
        reason = reason,
        remedy = BROKER,
    );
}

/// The broker has confirmed all that it had refused.
pub(super) fn heard_again() {
    event!(Level::INFO, "all topics of other machines are subscribed again");
}

/// So many topics have lost events that their subscribers on other machines cannot all be told. Said once for each time that it
/// comes to that.
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

/// Events of another machine have not come.
pub(super) struct Missing<'a> {
    pub(super) topic: &'a str,
    pub(super) gap: Gap,
    /// Nothing like it was said a moment ago.
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
