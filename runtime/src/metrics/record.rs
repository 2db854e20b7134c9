//! With the feature `metrics`: what happens goes to the recorder of the program.

use std::time::Duration;

use metrics::{
    Counter, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use super::{code, names};

/// Tells the recorder what each name means.
pub(crate) fn describe() {
    describe_gauge!(names::CONNECTIONS, Unit::Count, "WebSockets that are open");
    describe_counter!(names::HANDSHAKES, Unit::Count, "Handshakes, by outcome and rule");
    describe_counter!(
        names::TURNED_AWAY,
        Unit::Count,
        "TCP connections turned away before they asked for anything"
    );
    describe_counter!(names::MESSAGES, Unit::Count, "Messages, by direction");
    describe_counter!(names::MESSAGE_BYTES, Unit::Bytes, "Bytes of messages, by direction");
    describe_counter!(names::CLOSES, Unit::Count, "Connections that ended, by close code and rule");
    describe_histogram!(names::CONNECTION_SECONDS, Unit::Seconds, "How long connections were open");
}

pub(crate) fn accepted(route: &'static str) {
    handshake(route, "accepted", "");
}

pub(crate) fn refused(route: &'static str, rule: &'static str) {
    handshake(route, "refused", rule);
}

fn handshake(route: &'static str, outcome: &'static str, rule: &'static str) {
    counter!(names::HANDSHAKES, "route" => route, "outcome" => outcome, "rule" => rule).increment(1);
}

pub(crate) fn turned_away(rule: &'static str) {
    counter!(names::TURNED_AWAY, "rule" => rule).increment(1);
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

/// One connection that is open, until this is dropped.
pub(crate) struct Open {
    route: &'static str,
}

impl Open {
    pub(crate) fn new(route: &'static str) -> Self {
        gauge!(names::CONNECTIONS, "route" => route).increment(1);
        Self { route }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        gauge!(names::CONNECTIONS, "route" => self.route).decrement(1);
    }
}

/// The counters of one connection's messages, looked up once.
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
