//! What to do about the end of a connection, or about a handler that failed, by rule.

use sockeye_rules::{
    HANDLER_ERROR, HANDLER_PANIC, HEARTBEAT_MISSED, INVALID_MESSAGE, LINGERING_HANDLER, MESSAGE_TOO_BIG,
    PROTOCOL_VIOLATION, RATE_LIMITED, Rule, SLOW_CONSUMER,
};

/// The one table. Where a rule is missing in it, its page still says what to do.
const REMEDIES: [(&Rule, &str); 9] = [
    (
        &HANDLER_ERROR,
        "handle what the reason names, or return `Error::close(code, reason)` where the client is at fault",
    ),
    (&HANDLER_PANIC, "return an error instead of panicking: `?` ends the connection with any error"),
    (
        &LINGERING_HANDLER,
        "wait for `recv` beside what the handler waits for, with `tokio::select!`, so that it learns of the end; or raise \
         `Limits::handler_exit_timeout`",
    ),
    (
        &HEARTBEAT_MISSED,
        "the client or its network is gone; if clients that are there are closed, raise `Heartbeat::timeout`",
    ),
    (
        &SLOW_CONSUMER,
        "send less, or have the client read faster; `Limits::send_timeout` is how long it may take nothing",
    ),
    (
        &MESSAGE_TOO_BIG,
        "have the client send less at once, or raise `max_message_size` in `#[ws_endpoint(..)]` or in `Limits`",
    ),
    (
        &INVALID_MESSAGE,
        "compare what the client sends with the message type of the endpoint's `Handshake<..>`; texts must be UTF-8",
    ),
    (&RATE_LIMITED, "have the client send less often, or raise `Limits::max_message_rate`"),
    (
        &PROTOCOL_VIOLATION,
        "update the client or its library: it sends what RFC 6455 forbids; a proxy that changes frames does too",
    ),
];

/// What to do about a rule that was broken.
pub(crate) fn remedy(rule: &'static str) -> &'static str {
    let found = REMEDIES.iter().find(|(one, _)| one.name == rule);
    found.map_or("`cargo sockeye explain` with the name of the rule says what to do", |(_, remedy)| remedy)
}

#[cfg(test)]
mod tests {
    use sockeye_rules::{Phase, RULES};

    use super::*;

    /// The end of the server is nobody's fault, and its event is no warning.
    fn shows_a_fault(page: &str) -> bool {
        page.lines().any(|line| line.contains("connection closed endpoint=") && !line.starts_with("INFO"))
    }

    /// Whose page shows the event of a closed connection. Refusals bring their own remedy.
    #[test]
    fn every_rule_that_ends_a_connection_has_a_remedy() {
        let closes = |rule: &&&Rule| rule.phase == Phase::Run && shows_a_fault(rule.page);
        let missing: Vec<_> = RULES
            .iter()
            .filter(closes)
            .map(|rule| rule.name)
            .filter(|name| remedy(name).starts_with("`cargo sockeye explain`"))
            .collect();
        assert!(missing.is_empty(), "no remedy for {missing:?}");
    }
}
