//! Every event that Sockeye logs: with the target `sockeye`, one event each, through [`event!`].
//!
//! A program without a `tracing` subscriber would lose them all silently, so they go to stderr then.

mod cut;
mod event;
mod flood;
mod remedy;
mod words;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use http::request::Parts;
use sockeye_rules::{EventLevel, LAYER_PANIC, MISSING_CONNECT_INFO, Rule, SUBPROTOCOL_REFUSED};
use tracing::{Level, Span};

#[cfg(feature = "console")]
pub(crate) use self::cut::field;
pub(crate) use self::{
    cut::{Cut, part},
    event::{Frames, Shown, at, event, nobody_listens, to_stderr},
    flood::{Flood, Key, Kind, Who},
    remedy::remedy,
    words::Words,
};
use crate::{CloseCode, error::Trace, metrics, refusal::Refusal};

/// The level of a rule's events, from the table of rules. A compile-time or startup rule that is broken in a running server is a fault
/// of the program.
pub(crate) fn level(rule: &Rule) -> Level {
    match rule.level {
        sockeye_rules::Level::Event(EventLevel::Info) => Level::INFO,
        sockeye_rules::Level::Event(EventLevel::Warn) => Level::WARN,
        _ => Level::ERROR,
    }
}

/// The span of one connection, in which everything about it happens, including the handler. It contains neither the path nor
/// the query; it contains the client's own address if the peer is a proxy.
pub(crate) fn connection(
    endpoint: &'static str,
    peer: Option<SocketAddr>,
    client: Option<IpAddr>,
    id: u64,
) -> Span {
    let (peer, client) = (peer.map(tracing::field::display), client.map(tracing::field::display));
    tracing::info_span!(target: "sockeye", "connection", endpoint, peer, client, id)
}

/// A request for a WebSocket has come.
pub(crate) fn received(parts: &Parts) {
    event!(Level::DEBUG, "handshake received", version = parts.version);
}

/// The client's key has unused bits set. It is accepted, as by other servers.
pub(crate) fn loose_key() {
    event!(Level::DEBUG, "the unused bits of `Sec-WebSocket-Key` are not zero");
}

/// The handler has accepted: from here on the end is an event too.
pub(crate) fn accepted(endpoint: &'static str, peer: Option<SocketAddr>) {
    event!(Level::DEBUG, "connection accepted", endpoint = endpoint, peer = peer);
}

/// A handle has received a message; its content is never logged.
pub(crate) fn message_received(is_text: bool, bytes: usize) {
    event!(Level::TRACE, "message received", kind = kind(is_text), bytes = bytes);
}

/// A message to the client is queued.
pub(crate) fn message_sent(is_text: bool, bytes: usize) {
    event!(Level::TRACE, "message sent", kind = kind(is_text), bytes = bytes);
}

fn kind(is_text: bool) -> &'static str {
    if is_text { "text" } else { "binary" }
}

/// The client has left before the handler decided, and the handler is dropped.
pub(crate) fn abandoned(endpoint: Option<&'static str>, peer: Option<SocketAddr>) {
    event!(Level::DEBUG, "handshake abandoned", endpoint = endpoint, peer = peer);
}

/// The program serves the router without the addresses of its clients.
pub(crate) fn without_addresses() {
    let rule = MISSING_CONNECT_INFO.name;
    let reason = "this listener does not provide the address of the peer: the limits per client and `Server::development` have no effect, the `Host` of \
                  handshakes over loopback is not checked, and the log has no `peer`";
    let remedy = "serve the router with `into_make_service_with_connect_info::<SocketAddr>()`; on a Unix socket, set `Limits::trusted_proxies`";
    event!(Level::WARN, "clients without an address", rule = rule, reason = reason, remedy = remedy);
}

/// A route of the program has opened a WebSocket itself.
pub(crate) fn accepted_elsewhere(route: Option<&str>, peer: Option<SocketAddr>) {
    event!(Level::DEBUG, "handshake accepted by a route of the program", route = route, peer = peer);
}

/// A plain request has ended in a panic, which is propagated to the server.
///
/// The panic message may contain data of the request, and is left to the panic hook.
pub(crate) fn plain_request_panicked(path: &str) {
    let (rule, path) = (LAYER_PANIC.name, part(path));
    let reason = "a layer or a route of the program panicked; the panic message shows where";
    event!(Level::ERROR, "http request panicked", rule = rule, path = path, reason = reason);
}

/// The response is sent, and messages can be exchanged.
pub(crate) fn open() {
    event!(Level::DEBUG, "connection open");
}

/// The client has answered a call that does not wait any more.
pub(crate) fn late_answer() {
    event!(Level::DEBUG, "late answer to a call of the server dropped");
}

/// A handler has dropped a call without an answer.
pub(crate) fn unanswered_call(
    endpoint: &'static str,
    rule: &'static str,
    peer: Option<SocketAddr>,
    client: Option<IpAddr>,
) {
    event!(
        Level::WARN,
        "call not answered",
        endpoint = endpoint,
        rule = rule,
        reason = "the handler dropped the `Responder` of a call, or an `Answer` that it did not send; the client gets an `error`",
        remedy = "on every path send `responder.answer(value)` or `responder.fail(\"why\")`",
        peer = peer,
        client = client,
    );
}

/// A call was refused because too many others are open.
pub(crate) fn too_many_calls(
    endpoint: &'static str,
    rule: &'static str,
    most: usize,
    peer: Option<SocketAddr>,
    client: Option<IpAddr>,
) {
    let reason = format!("{most} calls of the connection are not answered yet; the client gets an `error`");
    event!(
        Level::WARN,
        "call not answered",
        endpoint = endpoint,
        rule = rule,
        reason = reason,
        remedy = "have the client wait for answers before it sends more calls, answer calls faster, or raise `Limits::max_open_calls`",
        peer = peer,
        client = client,
    );
}

/// The connection begins to end; the code is the one that is sent, if there is a close frame.
pub(crate) fn closing(code: Option<CloseCode>) {
    event!(Level::DEBUG, "connection closing", code = code.map(u16::from));
}

/// A handshake was refused.
pub(crate) struct Refused<'a> {
    /// `None` if no endpoint has the path.
    pub(crate) endpoint: Option<&'static str>,
    pub(crate) refusal: &'a Refusal,
    /// The refusal's reason, without secrets.
    pub(crate) reason: &'a str,
    pub(crate) peer: Option<SocketAddr>,
    /// The client's own address, if the peer is a proxy.
    pub(crate) client: Option<IpAddr>,
    pub(crate) origin: Option<&'a str>,
}

impl Refused<'_> {
    pub(crate) fn emit(&self) {
        let Refusal { rule, status, remedy, .. } = self.refusal;
        event!(
            self.refusal.level(),
            "handshake refused",
            endpoint = self.endpoint,
            rule = rule.name,
            status = status.as_u16(),
            reason = self.reason,
            remedy = remedy,
            peer = self.peer,
            client = self.client,
            origin = self.origin,
        );
    }

    /// A script has asked how a handshake would be answered.
    pub(crate) fn emit_explained(&self) {
        let Refusal { rule, status, .. } = self.refusal;
        event!(
            self.refusal.level(),
            "refusal explained",
            endpoint = self.endpoint,
            rule = rule.name,
            status = status.as_u16(),
            reason = self.reason,
            peer = self.peer,
            client = self.client,
            origin = self.origin,
        );
    }
}

/// None of a client's subprotocols was chosen, and the client was accepted anyway.
pub(crate) struct Unanswered<'a> {
    pub(crate) endpoint: &'static str,
    pub(crate) reason: &'a str,
    pub(crate) remedy: &'static str,
    pub(crate) peer: Option<SocketAddr>,
}

impl Unanswered<'_> {
    pub(crate) fn emit(&self) {
        event!(
            Level::WARN,
            "subprotocols not answered",
            endpoint = self.endpoint,
            rule = SUBPROTOCOL_REFUSED.name,
            reason = self.reason,
            remedy = self.remedy,
            peer = self.peer,
        );
    }
}

/// A connection was turned away before its first request.
pub(crate) struct TurnedAway<'a> {
    pub(crate) refusal: &'a Refusal,
    pub(crate) peer: Option<SocketAddr>,
}

impl TurnedAway<'_> {
    pub(crate) fn emit(&self) {
        let Refusal { rule, status, reason, remedy, .. } = self.refusal;
        event!(
            self.refusal.level(),
            "connection turned away",
            rule = rule.name,
            status = status.as_u16(),
            reason = reason.told(),
            remedy = remedy,
            peer = self.peer,
        );
    }
}

/// HTTP failed before, or without, an endpoint.
pub(crate) struct HttpFault<'a> {
    pub(crate) rule: &'static str,
    pub(crate) reason: &'a str,
    pub(crate) remedy: &'static str,
    pub(crate) peer: Option<SocketAddr>,
}

impl HttpFault<'_> {
    /// Counts it, and logs it if it is among the first with its cause.
    pub(crate) fn note(&self, flood: &Arc<Flood>) {
        metrics::http_fault(self.rule);
        let key = Key::of_all(Kind::HttpFailed, Some(self.rule));
        if flood.admits_cause(key, Some(self.reason), Level::WARN) {
            self.emit();
        }
    }

    fn emit(&self) {
        event!(
            Level::WARN,
            "http request failed",
            rule = self.rule,
            reason = self.reason,
            remedy = self.remedy,
            peer = self.peer,
        );
    }
}

/// The backtrace of the error in the event before this one, if there is one.
pub(crate) fn trace(trace: Option<&Trace>, endpoint: Option<&'static str>, peer: Option<SocketAddr>) {
    if let Some(trace) = trace {
        let backtrace = Frames(trace.frames());
        event!(
            Level::ERROR,
            "backtrace of the error",
            endpoint = endpoint,
            peer = peer,
            backtrace = backtrace
        );
    }
}

/// A client without a request is disconnected.
pub(crate) fn asked_nothing(peer: Option<SocketAddr>, seen: &'static str) {
    event!(Level::DEBUG, "idle client disconnected", peer = peer, seen = seen);
}

/// The operating system could not return a new connection.
pub(crate) struct NotAccepted<'a> {
    pub(crate) rule: &'static str,
    pub(crate) reason: &'a str,
    pub(crate) remedy: &'static str,
}

impl NotAccepted<'_> {
    pub(crate) fn emit(&self) {
        event!(
            Level::ERROR,
            "a connection could not be accepted",
            rule = self.rule,
            reason = self.reason,
            remedy = self.remedy,
        );
    }
}

/// A handler failed after its refusal was already sent.
pub(crate) struct FailedAfterRefusal<'a> {
    pub(crate) endpoint: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) reason: &'a str,
    pub(crate) remedy: &'static str,
    pub(crate) peer: Option<SocketAddr>,
}

impl FailedAfterRefusal<'_> {
    pub(crate) fn emit(&self) {
        event!(
            Level::ERROR,
            "handler failed after it refused",
            endpoint = self.endpoint,
            rule = self.rule,
            reason = self.reason,
            remedy = self.remedy,
            peer = self.peer,
        );
    }
}

/// A connection has ended.
pub(crate) struct Closed<'a> {
    pub(crate) endpoint: &'static str,
    pub(crate) rule: Option<&'static str>,
    pub(crate) code: Option<u16>,
    pub(crate) reason: &'a str,
    pub(crate) peer: Option<SocketAddr>,
    /// The client's own address, if the peer is a proxy.
    pub(crate) client: Option<IpAddr>,
    pub(crate) open_for: Duration,
}

impl Closed<'_> {
    pub(crate) fn emit(&self, level: Level) {
        event!(
            level,
            "connection closed",
            endpoint = self.endpoint,
            rule = self.rule,
            code = self.code,
            reason = self.reason,
            remedy = self.rule.map(remedy),
            peer = self.peer,
            client = self.client,
            open_for = self.open_for,
        );
    }
}
