//! The one log event of a connection's end.

use std::time::Duration;

use sockeye_rules::{HANDLER_ERROR, HANDLER_PANIC, LINGERING_HANDLER, Rule, SPINNING_LOOP};
use tracing::Level;

use super::{
    end::End,
    owner::{Aftermath, Outcome},
};
use crate::{
    console::Ending,
    error::Kind,
    handshake::Caller,
    log::{self, Words},
    metrics,
    mounted::Mounted,
};

/// Everything that is known when a connection has ended.
pub(super) struct Closing<'a> {
    pub(super) endpoint: &'a Mounted,
    pub(super) caller: &'a Caller,
    pub(super) end: &'a End,
    pub(super) aftermath: Option<&'a Aftermath>,
    /// The message of a task's panic after the end.
    pub(super) late_panic: Option<Words>,
    pub(super) open_for: Duration,
}

impl Closing<'_> {
    pub(super) fn log(self) {
        let (rule, reason) = self.verdict();
        let level = rule.map_or(Level::INFO, log::level);
        let rule = rule.map(|rule| rule.name);
        let (code, open_for) = (self.code(), self.open_for);
        let route = self.endpoint.registered.route;
        metrics::closed(route, code, self.has_close_frame(), rule, open_for);
        self.record(&reason, rule, code);
        let endpoint = self.endpoint.registered.name;
        if !self.caller.is_heard(log::Kind::Closed, Some(endpoint), rule, level) {
            return;
        }
        log::Closed {
            endpoint: self.endpoint.registered.name,
            rule,
            code,
            reason: &reason.without(&self.caller.secrets),
            peer: self.caller.peer,
            client: self.caller.client,
            open_for: Duration::from_millis(open_for.as_millis().try_into().unwrap_or(u64::MAX)),
        }
        .emit(level);
        log::trace(reason.trace(), Some(endpoint), self.caller.peer);
    }

    /// For the console.
    fn record(&self, reason: &Words, rule: Option<&'static str>, code: Option<u16>) {
        let tap = self.caller.tap();
        if tap.is_on() {
            let reason = reason.without(&self.caller.secrets);
            tap.closed(&Ending {
                route: self.endpoint.registered.route,
                code,
                // Without a fault, the reason is what the peer says.
                fault: rule.map(|rule| (rule, reason.as_str())),
                peer: self.caller.peer,
                client: self.caller.client,
                open_for: self.open_for,
            });
        }
    }

    /// Whether a close frame was sent or received, with or without a code.
    fn has_close_frame(&self) -> bool {
        matches!(self.end, End::PeerClosed(_)) || self.end.close().is_some()
    }

    /// The close code that was sent or received.
    fn code(&self) -> Option<u16> {
        let sent = self.end.close().map(|(code, _)| code);
        sent.or_else(|| self.end.frame().map(|frame| frame.code)).map(u16::from)
    }

    /// The rule that was broken, and a description of what happened, including a task's panic.
    fn verdict(&self) -> (Option<&'static Rule>, Words) {
        let (rule, reason) = self.verdict_on_handler();
        let Some(words) = self.late_panic.clone() else { return (rule, reason) };
        let fault = rule.filter(|rule| log::level(rule) == Level::ERROR);
        (fault.or(Some(&HANDLER_PANIC)), reason.then("; then ").then_all(words))
    }

    /// A handler that fails after its peer has left is still a failure.
    fn verdict_on_handler(&self) -> (Option<&'static Rule>, Words) {
        let own = self.end.words();
        let Some(after) = self.aftermath else { return (self.end.rule(), own) };
        match after {
            Aftermath::Ended(Outcome::Panicked(message)) => {
                (Some(&HANDLER_PANIC), own.then("; then the handler panicked: ").then_foreign(message))
            }
            Aftermath::Ended(Outcome::Returned(Err(error)))
                if !is_echo(error.kind()) && !self.end.is_by(error) =>
            {
                (Some(&HANDLER_ERROR), own.then("; then the handler failed: ").then_error(error))
            }
            Aftermath::Lingered(time) => {
                let then = format!("; the handler kept running for {time:?} after that, and was dropped");
                (Some(&LINGERING_HANDLER), own.then(then))
            }
            Aftermath::Crowded => (Some(&LINGERING_HANDLER), own.then(CROWDED)),
            Aftermath::Spun => (Some(&SPINNING_LOOP), own.then(SPUN)),
            Aftermath::Ended(Outcome::Returned(_)) => (self.end.rule(), own),
        }
    }
}

const CROWDED: &str = "; the handler kept running after that, and was dropped early: the limit of lingering handlers was reached";

const SPUN: &str = "; the handler kept calling `recv` after it had returned the end, without waiting for anything else, and was dropped";

/// Whether a handler's error only says that the connection is over.
fn is_echo(kind: &Kind) -> bool {
    matches!(kind, Kind::Disconnected { .. } | Kind::Peer { .. } | Kind::Close { .. })
}
