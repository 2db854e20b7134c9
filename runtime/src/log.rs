//! Every event that Sockeye logs, in one place: target `sockeye`, one event each.
//!
//! A program without a `tracing` subscriber would lose them all, silently. Then they go to stderr.

use std::{
    fmt,
    io::Write as _,
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use http::request::Parts;
use sockeye_rules::{LAYER_PANIC, SUBPROTOCOL_REFUSED};
use tracing::{Level, Span, subscriber::NoSubscriber};

use crate::{CloseCode, refusal::Refusal};

/// The span in which everything happens that one connection is about, the handler included. It names no path and no query.
pub(crate) fn connection(endpoint: &'static str, peer: Option<SocketAddr>) -> Span {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let peer = peer.map(tracing::field::display);
    tracing::info_span!(target: "sockeye", "connection", endpoint, peer, id)
}

/// A request for a WebSocket has come.
pub(crate) fn received(parts: &Parts) {
    tracing::debug!(target: "sockeye", version = ?parts.version, "handshake received");
}

/// The client's key has bits set that say nothing. It is accepted, as other servers do.
pub(crate) fn loose_key() {
    tracing::debug!(target: "sockeye", "the last bits of `Sec-WebSocket-Key` are not zero");
}

/// The handler has accepted: from here on the end is an event too.
pub(crate) fn accepted(endpoint: &'static str, peer: Option<SocketAddr>) {
    let peer = peer.map(tracing::field::display);
    tracing::debug!(target: "sockeye", endpoint, peer, "connection accepted");
}

/// The client has gone before the handler decided, and the handler with it.
pub(crate) fn abandoned(endpoint: Option<&'static str>, peer: Option<SocketAddr>) {
    let peer = peer.map(tracing::field::display);
    tracing::debug!(target: "sockeye", endpoint, peer, "handshake abandoned");
}

/// A route of the program's own has opened a WebSocket, which is none of ours.
pub(crate) fn accepted_elsewhere(route: Option<&str>, peer: Option<SocketAddr>) {
    let peer = peer.map(tracing::field::display);
    tracing::debug!(target: "sockeye", route, peer, "handshake accepted by a route of the program");
}

/// A request that asks for no WebSocket has ended in a panic, which goes on to whoever serves it.
pub(crate) fn plain_request_panicked(path: &str, words: &str) {
    let rule = LAYER_PANIC.name;
    let path = &path[..path.floor_char_boundary(PATH)];
    let words = &words[..words.floor_char_boundary(WORDS)];
    tracing::error!(target: "sockeye", rule, path, reason = words, "http request panicked");
    fallback(Level::ERROR, || format!("http request panicked: {words}; path={path} rule={rule}"));
}

/// How many bytes of a path, and of the words of a panic, are shown.
const PATH: usize = 200;
const WORDS: usize = 1000;

/// The answer is out, and messages can flow.
pub(crate) fn open() {
    tracing::debug!(target: "sockeye", "connection open");
}

/// The end has begun; the code is what is sent, if a close frame is.
pub(crate) fn closing(code: Option<CloseCode>) {
    tracing::debug!(target: "sockeye", code = code.map(u16::from), "connection closing");
}

/// A handshake was refused.
pub(crate) struct Refused<'a> {
    /// `None` where no endpoint has the path.
    pub(crate) endpoint: Option<&'a str>,
    pub(crate) refusal: &'a Refusal,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) origin: Option<&'a str>,
}

impl Refused<'_> {
    pub(crate) fn emit(&self) {
        let Refusal { rule, status, reason, remedy, .. } = self.refusal;
        tracing::warn!(
            target: "sockeye",
            endpoint = self.endpoint,
            rule = rule.name,
            status = status.as_u16(),
            reason,
            remedy,
            peer = self.peer.map(tracing::field::display),
            origin = self.origin,
            "handshake refused"
        );
        fallback(Level::WARN, || {
            format!(
                "handshake refused: {reason}; endpoint={} rule={} status={} peer={} origin={} help: {remedy}",
                Optional(self.endpoint),
                rule.name,
                status.as_u16(),
                Optional(self.peer),
                Optional(self.origin),
            )
        });
    }
}

/// Something in front of an endpoint has panicked with a handshake.
pub(crate) struct Panicked<'a> {
    pub(crate) endpoint: Option<&'a str>,
    pub(crate) refusal: &'a Refusal,
    pub(crate) peer: Option<SocketAddr>,
}

impl Panicked<'_> {
    pub(crate) fn emit(&self) {
        let Refusal { rule, status, reason, remedy, .. } = self.refusal;
        tracing::error!(
            target: "sockeye",
            endpoint = self.endpoint,
            rule = rule.name,
            status = status.as_u16(),
            reason,
            remedy,
            peer = self.peer.map(tracing::field::display),
            "handshake refused"
        );
        fallback(Level::ERROR, || {
            let (endpoint, peer) = (Optional(self.endpoint), Optional(self.peer));
            format!(
                "handshake refused: {reason}; endpoint={endpoint} rule={} peer={peer} help: {remedy}",
                rule.name
            )
        });
    }
}

/// A client's subprotocols went unanswered, and it was let in nevertheless.
pub(crate) struct Unanswered<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) remedy: &'a str,
    pub(crate) peer: Option<SocketAddr>,
}

impl Unanswered<'_> {
    pub(crate) fn emit(&self) {
        let (endpoint, reason, remedy, rule) =
            (self.endpoint, self.reason, self.remedy, SUBPROTOCOL_REFUSED.name);
        let peer = self.peer.map(tracing::field::display);
        tracing::warn!(target: "sockeye", endpoint, rule, reason, remedy, peer, "subprotocols go unanswered");
        fallback(Level::WARN, || {
            format!("subprotocols go unanswered: {reason}; endpoint={endpoint} rule={rule} help: {remedy}")
        });
    }
}

/// A connection was turned away before it had asked for anything.
pub(crate) struct TurnedAway<'a> {
    pub(crate) refusal: &'a Refusal,
    pub(crate) peer: SocketAddr,
    /// How many others were turned away since the last such event.
    pub(crate) unsaid: u64,
}

impl TurnedAway<'_> {
    pub(crate) fn emit(&self) {
        let Refusal { rule, status, reason, remedy, .. } = self.refusal;
        tracing::warn!(
            target: "sockeye",
            rule = rule.name,
            status = status.as_u16(),
            reason,
            remedy,
            peer = %self.peer,
            unsaid = self.unsaid,
            "connection turned away"
        );
        fallback(Level::WARN, || {
            let Self { peer, unsaid, .. } = self;
            format!(
                "connection turned away: {reason}; rule={} peer={peer} unsaid={unsaid} help: {remedy}",
                rule.name
            )
        });
    }
}

/// A handler failed when its refusal was already answered.
pub(crate) struct FailedAfterRefusal<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) rule: &'static str,
    pub(crate) reason: &'a str,
    pub(crate) peer: Option<SocketAddr>,
}

impl FailedAfterRefusal<'_> {
    pub(crate) fn emit(&self) {
        tracing::error!(
            target: "sockeye",
            endpoint = self.endpoint,
            rule = self.rule,
            reason = self.reason,
            peer = self.peer.map(tracing::field::display),
            "handler failed after it refused"
        );
        fallback(Level::ERROR, || {
            format!(
                "handler failed after it refused: {}; endpoint={} rule={} peer={}",
                self.reason,
                self.endpoint,
                self.rule,
                Optional(self.peer),
            )
        });
    }
}

/// A connection is over.
pub(crate) struct Closed<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) rule: Option<&'static str>,
    pub(crate) code: Option<u16>,
    pub(crate) reason: &'a str,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) open_for: Duration,
}

impl Closed<'_> {
    pub(crate) fn emit(&self, level: Level) {
        macro_rules! event {
            ($level:expr) => {
                tracing::event!(
                    target: "sockeye",
                    $level,
                    endpoint = self.endpoint,
                    rule = self.rule,
                    code = self.code,
                    reason = self.reason,
                    peer = self.peer.map(tracing::field::display),
                    open_for = ?self.open_for,
                    "connection closed"
                )
            };
        }
        match level {
            Level::ERROR => event!(Level::ERROR),
            Level::WARN => event!(Level::WARN),
            _ => event!(Level::INFO),
        }
        fallback(level, || {
            format!(
                "connection closed: {}; endpoint={} rule={} code={} peer={}",
                self.reason,
                self.endpoint,
                Optional(self.rule),
                Optional(self.code),
                Optional(self.peer),
            )
        });
    }
}

/// Whether anybody listens to `tracing` at all; a filter that drops our events is somebody who listens.
pub(crate) fn nobody_listens() -> bool {
    tracing::dispatcher::get_default(tracing::Dispatch::is::<NoSubscriber>)
}

pub(crate) fn fallback(level: Level, line: impl FnOnce() -> String) {
    if level <= Level::WARN && nobody_listens() {
        // Nothing is left to tell a failure to.
        // One event is one line, whatever a client has put into it.
        let line = line().replace(char::is_control, " ");
        let _unheard = writeln!(std::io::stderr(), "sockeye: {level}: {line}");
    }
}

struct Optional<T>(Option<T>);

impl<T: fmt::Display> fmt::Display for Optional<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("-"),
        }
    }
}
