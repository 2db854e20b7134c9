//! With the feature `metrics`: passes metrics to the program's recorder.

use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};

use super::{Source, code, names};

/// Describes each metric to the recorder.
pub(crate) fn describe() {
    describe_gauge!(names::CONNECTIONS, Unit::Count, "WebSockets that are open");
    describe_gauge!(
        names::LINGERING_HANDLERS,
        Unit::Count,
        "Handlers that still run after their connection has ended"
    );
    describe_gauge!(names::HANDLERS, Unit::Count, "Handlers that run");
    describe_gauge!(names::TASKS, Unit::Count, "Tasks that handlers have spawned on their connection");
    describe_counter!(names::HANDSHAKES, Unit::Count, "Handshakes, by outcome and rule");
    describe_counter!(names::EXPLANATIONS, Unit::Count, "questions of scripts why a handshake was refused");
    describe_counter!(names::TURNED_AWAY, Unit::Count, "TCP connections refused before a request");
    describe_counter!(
        names::HTTP_FAULTS,
        Unit::Count,
        "HTTP faults before a request reached an endpoint, by rule"
    );
    describe_counter!(
        names::BLOCKED_THREADS,
        Unit::Count,
        "Times that a handler blocked a thread of the runtime"
    );
    describe_counter!(names::MESSAGES, Unit::Count, "Messages, by direction");
    describe_counter!(names::MESSAGE_BYTES, Unit::Bytes, "Bytes of messages, by direction");
    describe_counter!(
        names::UNDECODABLE,
        Unit::Count,
        "Messages that the codec of an endpoint could not read"
    );
    describe_counter!(names::CLOSES, Unit::Count, "Connections that ended, by close code and rule");
    describe_histogram!(names::CONNECTION_SECONDS, Unit::Seconds, "How long connections were open");
    describe_hubs();
}

/// A hub can be used before there is a server, and without one.
pub(crate) fn describe_hubs() {
    describe_gauge!(names::HUB_SUBSCRIBERS, Unit::Count, "Subscribers of hubs");
    describe_counter!(names::HUB_PUBLISHED, Unit::Count, "Events that hubs received, by source");
    describe_histogram!(
        names::HUB_QUEUE_DEPTH,
        Unit::Count,
        "Events that waited for a topic's slowest subscriber when one more was published"
    );
    describe_counter!(
        names::HUB_MISSED,
        Unit::Count,
        "Events dropped for slow subscribers, for each of them"
    );
    describe_counter!(names::HUB_DISCONNECTED, Unit::Count, "Subscribers disconnected for being too slow");
    describe_counter!(names::HUB_LOST, Unit::Count, "Events of other machines that were lost");
    describe_counter!(names::HUB_UNSENT, Unit::Count, "Events that did not reach other machines");
}

pub(crate) fn accepted(route: &'static str) {
    handshake(route, "accepted", "");
}

pub(crate) fn refused(route: &'static str, rule: &'static str) {
    handshake(route, "refused", rule);
}

pub(crate) fn explained(route: &'static str, rule: &'static str) {
    counter!(names::EXPLANATIONS, "route" => route, "rule" => rule).increment(1);
}

pub(crate) fn abandoned(route: &'static str) {
    handshake(route, "abandoned", "");
}

fn handshake(route: &'static str, outcome: &'static str, rule: &'static str) {
    counter!(names::HANDSHAKES, "route" => route, "outcome" => outcome, "rule" => rule).increment(1);
}

pub(crate) fn turned_away(rule: &'static str) {
    counter!(names::TURNED_AWAY, "rule" => rule).increment(1);
}

pub(crate) fn http_fault(rule: &'static str) {
    counter!(names::HTTP_FAULTS, "rule" => rule).increment(1);
}

pub(crate) fn blocked_thread(route: &'static str) {
    counter!(names::BLOCKED_THREADS, "route" => route).increment(1);
}

pub(crate) fn closed(
    route: &'static str,
    code: Option<u16>,
    close_frame: bool,
    rule: Option<&'static str>,
    open_for: Duration,
) {
    let (code, rule) = (code::label(code, close_frame), rule.unwrap_or(""));
    counter!(names::CLOSES, "route" => route, "code" => code, "rule" => rule).increment(1);
    histogram!(names::CONNECTION_SECONDS, "route" => route).record(open_for);
}

/// A message that could not be read. This is rare, so the counter is not cached.
pub(crate) fn undecodable(route: &'static str) {
    counter!(names::UNDECODABLE, "route" => route).increment(1);
}

macro_rules! counted {
    ($($(#[$doc:meta])* $name:ident $gauge:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub(crate) struct $name {
                route: &'static str,
            }

            impl $name {
                pub(crate) fn new(route: &'static str) -> Self {
                    gauge!($gauge, "route" => route).increment(1);
                    Self { route }
                }
            }

            impl Drop for $name {
                fn drop(&mut self) {
                    gauge!($gauge, "route" => self.route).decrement(1);
                }
            }
        )*
    };
}

counted! {
    /// One open connection, until this is dropped.
    Open names::CONNECTIONS;
    /// One handler that runs, until this is dropped.
    RunningHandler names::HANDLERS;
    /// One task of a handler, until this is dropped.
    RunningTask names::TASKS;
    /// One lingering handler, until this is dropped.
    Lingering names::LINGERING_HANDLERS;
}

/// The message counters of one connection, looked up once.
pub(crate) struct Traffic {
    messages: [Counter; 2],
    bytes: [Counter; 2],
}

impl Traffic {
    pub(crate) fn new(route: &'static str) -> Self {
        let each = |name: &'static str| {
            ["in", "out"].map(|direction| counter!(name, "route" => route, "direction" => direction))
        };
        Self { messages: each(names::MESSAGES), bytes: each(names::MESSAGE_BYTES) }
    }

    pub(crate) fn received(&self, bytes: usize) {
        self.count(0, bytes);
    }

    pub(crate) fn sent(&self, bytes: usize) {
        self.count(1, bytes);
    }

    fn count(&self, direction: usize, bytes: usize) {
        self.messages[direction].increment(1);
        self.bytes[direction].increment(bytes as u64);
    }
}

impl std::fmt::Debug for Traffic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Traffic")
    }
}

/// The counters of one topic, looked up before its first subscriber. All topics of a hub share them.
pub(crate) struct HubCounts {
    subscribers: Gauge,
    published: [Counter; 2],
    depth: Histogram,
    missed: Counter,
    disconnected: Counter,
}

impl HubCounts {
    pub(crate) fn new(hub: &'static str) -> Self {
        Self {
            subscribers: gauge!(names::HUB_SUBSCRIBERS, "hub" => hub),
            published: [Source::Here, Source::Backplane].map(|source| published(hub, source)),
            depth: histogram!(names::HUB_QUEUE_DEPTH, "hub" => hub),
            missed: counter!(names::HUB_MISSED, "hub" => hub),
            disconnected: counter!(names::HUB_DISCONNECTED, "hub" => hub),
        }
    }

    /// An event for a topic without subscribers, which has no counters.
    pub(crate) fn unheard(hub: &'static str, source: Source) {
        published(hub, source).increment(1);
    }

    /// Events that the broker did not accept. This is rare, so the counter is not cached.
    pub(crate) fn unsent(hub: &'static str, events: u64) {
        counter!(names::HUB_UNSENT, "hub" => hub).increment(events);
    }

    /// Events of other machines that did not arrive.
    pub(crate) fn lost(hub: &'static str, events: u64) {
        counter!(names::HUB_LOST, "hub" => hub).increment(events);
    }

    pub(crate) fn subscribed(&self) {
        self.subscribers.increment(1);
    }

    pub(crate) fn left(&self) {
        self.subscribers.decrement(1);
    }

    pub(crate) fn disconnected(&self) {
        self.disconnected.increment(1);
    }

    pub(crate) fn published(&self, source: Source) {
        self.published[source as usize].increment(1);
    }

    /// An event found this many in its topic's queue, and this many subscribers lost the oldest of them.
    pub(crate) fn queued(&self, depth: usize, missed: usize) {
        self.depth.record(u32::try_from(depth).unwrap_or(u32::MAX));
        if missed > 0 {
            self.missed.increment(missed as u64);
        }
    }
}

fn published(hub: &'static str, source: Source) -> Counter {
    let source = match source {
        Source::Here => "here",
        Source::Backplane => "backplane",
    };
    counter!(names::HUB_PUBLISHED, "hub" => hub, "source" => source)
}

impl std::fmt::Debug for HubCounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HubCounts")
    }
}
