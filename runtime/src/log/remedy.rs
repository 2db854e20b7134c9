//! The remedies for the end of a connection, or for a handler that failed, by rule.

use sockeye_rules::{
    CALL_FAILED, HANDLER_ERROR, HANDLER_PANIC, HEARTBEAT_MISSED, IDLE_TIMEOUT, INVALID_MESSAGE,
    LINGERING_HANDLER, MESSAGE_TOO_BIG, PROTOCOL_VIOLATION, RATE_LIMITED, Rule, SESSION_EXPIRED,
    SLOW_CONSUMER, SPINNING_LOOP,
};

/// The only table. For a rule that is missing here, see its page.
const REMEDIES: [(&Rule, &str); 13] = [
    (
        &HANDLER_ERROR,
        "handle the error that the reason names, or return `Error::close(code, reason)` if the client is at fault",
    ),
    (&HANDLER_PANIC, "return an error instead of panicking: `?` ends the connection with any error"),
    (
        &LINGERING_HANDLER,
        "call `recv` in the same `tokio::select!` as the other futures of the handler, and return when it yields `None`; or raise \
         `Limits::handler_exit_timeout`",
    ),
    (
        &SPINNING_LOOP,
        "leave the loop when `recv` yields `None`: write `while let Some(message) = socket.recv().await? {..}`, or `break` at `None`",
    ),
    (
        &HEARTBEAT_MISSED,
        "check the client and its network; if live clients are closed, raise `Heartbeat::timeout`",
    ),
    (
        &SLOW_CONSUMER,
        "send less, have the client read faster, or raise `Limits::send_timeout` (for a hub, `HubBuilder::queue`)",
    ),
    (
        &MESSAGE_TOO_BIG,
        "have the client send smaller messages, or raise `max_message_size` in `#[ws_endpoint(..)]` or in `Limits`",
    ),
    (
        &INVALID_MESSAGE,
        "make the client's messages match the message type in the endpoint's `Handshake<..>`; text messages must be UTF-8",
    ),
    (
        &CALL_FAILED,
        "handle the variants of `CallError` in place of `?`, or have the client answer in time; in `sockeye-client`, `onCall` does",
    ),
    (&IDLE_TIMEOUT, "have the client send a message more often, or raise `Limits::idle_timeout`"),
    (
        &SESSION_EXPIRED,
        "to keep a client connected, call `Socket::renew` or `Connection::renew` before its session expires",
    ),
    (&RATE_LIMITED, "have the client send less often, or raise `Limits::max_message_rate`"),
    (
        &PROTOCOL_VIOLATION,
        "update the client or its library, or the proxy in between: one of them sends frames that RFC 6455 forbids",
    ),
];

/// For a rule that is not in the table.
const PAGE: &str = "run `cargo sockeye explain` with the name of the rule";

/// The remedy for a rule.
pub(crate) fn remedy(rule: &'static str) -> &'static str {
    let found = REMEDIES.iter().find(|(one, _)| one.name == rule);
    found.map_or(PAGE, |(_, remedy)| remedy)
}

#[cfg(test)]
mod tests {
    use sockeye_rules::{Phase, RULES};

    use super::*;

    /// A shutdown is not a fault, and its event is not a warning.
    fn shows_a_fault(page: &str) -> bool {
        page.lines().any(|line| line.contains("connection closed endpoint=") && !line.starts_with("INFO"))
    }

    /// Rules whose page shows the event of a closed connection. Refusals have their own remedies.
    #[test]
    fn every_rule_that_ends_a_connection_has_a_remedy() {
        let closes = |rule: &&&Rule| rule.phase == Phase::Run && shows_a_fault(rule.page);
        let missing: Vec<_> =
            RULES.iter().filter(closes).map(|rule| rule.name).filter(|name| remedy(name) == PAGE).collect();
        assert!(missing.is_empty(), "no remedy for {missing:?}");
    }
}
