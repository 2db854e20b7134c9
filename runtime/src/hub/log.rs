//! What the hub logs. Nothing of it may be called under a lock: a `LogStream` publishes what it hears.

use sockeye_rules::{BACKPLANE_LOST, SLOW_CONSUMER};
use tracing::Level;

use crate::log::fallback;

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
        macro_rules! event {
            ($level:expr) => {
                tracing::event!(
                    target: "sockeye",
                    $level,
                    rule = SLOW_CONSUMER.name,
                    topic,
                    missed,
                    "events were dropped for a slow subscriber"
                )
            };
        }
        if again {
            return event!(Level::DEBUG);
        }
        event!(Level::WARN);
        fallback(Level::WARN, || {
            format!(
                "events were dropped for a slow subscriber; topic={topic} missed={missed} rule={}",
                SLOW_CONSUMER.name
            )
        });
    }
}

/// The connection to other machines is lost.
pub(super) fn lost(reason: &str) {
    tracing::warn!(target: "sockeye", rule = BACKPLANE_LOST.name, reason, "the backplane is lost");
    fallback(Level::WARN, || format!("the backplane is lost: {reason}; rule={}", BACKPLANE_LOST.name));
}

/// It is there again.
pub(super) fn found_again() {
    tracing::info!(target: "sockeye", "the backplane is there again");
}

/// An event could not be handed to the backplane; those that follow it are counted, not logged.
pub(super) fn unsent(topic: &str, reason: &str) {
    tracing::warn!(
        target: "sockeye",
        rule = BACKPLANE_LOST.name,
        topic,
        reason,
        "an event did not reach other machines"
    );
    fallback(Level::WARN, || {
        format!("an event did not reach other machines: {reason}; topic={topic} rule={}", BACKPLANE_LOST.name)
    });
}

/// Events reach other machines again.
pub(super) fn sent_again(unsent: u64) {
    tracing::info!(target: "sockeye", unsent, "events reach other machines again");
}
