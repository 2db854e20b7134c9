//! Lets a connection in, or says why not.

use std::{net::SocketAddr, sync::Arc};

use http::{HeaderValue, StatusCode, header, request::Parts};
use sockeye_rules::{CLIENT_LIMIT, SERVER_FULL};

use super::{
    Counts, Slot,
    client::Client,
    count::{Bounds, Full},
};
use crate::{Limits, log::Words, refusal::Refusal, server::Busy};

/// After how many seconds a client that was turned away may come again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// What is counted, in words, and the limits that count it.
struct Kind {
    things: &'static str,
    in_all: &'static str,
}

/// A WebSocket's place among the server's connections, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _slot: Slot,
    /// Over HTTP/2 the connection that carries it, which is busy for as long.
    _carrier: Option<Arc<Busy>>,
}

/// A place for a WebSocket whose handler is about to be called.
pub(crate) fn admit_socket(counts: &Counts, limits: &Limits, parts: &mut Parts) -> Result<Place, Refusal> {
    let kind = Kind { things: "WebSockets", in_all: "Limits::max_connections" };
    let bounds = Bounds { total: limits.sockets(), per_client: limits.of_one_client() };
    let client = Client::of(parts, limits.trusted_proxies);
    let slot = counts.sockets.enter(client, bounds).map_err(|full| refuse(full, &kind, bounds, limits))?;
    let carrier = parts.extensions.remove::<Arc<Busy>>();
    if let Some(busy) = &carrier {
        busy.carry_socket();
    }
    Ok(Place { _slot: slot, _carrier: carrier })
}

/// A place for a TCP connection that has not asked for anything yet.
pub(crate) fn admit_http(counts: &Counts, limits: &Limits, peer: SocketAddr) -> Result<Slot, Refusal> {
    let kind = Kind { things: "HTTP connections", in_all: "Limits::max_http_connections" };
    let bounds = Bounds { total: limits.http(), per_client: of_one_peer(limits) };
    let client = Some(Client::new(peer.ip()));
    counts.http.enter(client, bounds).map_err(|full| refuse(full, &kind, bounds, limits))
}

/// How many connections one TCP peer may have. Behind proxies of one's own the peer is a proxy, and one that serves many; but
/// as long as it has not forwarded a request nobody knows that, and whoever reaches the port may be it. So it has half of the
/// places for such connections. One that has forwarded a request is not counted for its peer any more (`Slot::disown`).
fn of_one_peer(limits: &Limits) -> usize {
    if limits.trusted_proxies == 0 { limits.of_one_client() } else { (limits.http() / 2).max(1) }
}

/// A place for telling a connection why it is turned away, while not too many are being told.
pub(crate) fn admit_farewell(counts: &Counts, at_once: usize) -> Option<Slot> {
    counts.turned_away.enter(None, Bounds { total: at_once, per_client: 0 }).ok()
}

fn refuse(full: Full, kind: &Kind, bounds: Bounds, limits: &Limits) -> Refusal {
    let refusal = match full {
        Full::Total => server_full(kind, bounds.total),
        Full::Client(client) => client_limit(kind, bounds.per_client, client, limits),
    };
    refusal.with_header(header::RETRY_AFTER, RETRY_AFTER)
}

fn server_full(kind: &Kind, total: usize) -> Refusal {
    let reason = Words::own(format!("{total} {} are open, which is the limit", kind.things));
    let remedy = format!("raise `{}`, or share the clients among more instances", kind.in_all);
    Refusal::of_server(&SERVER_FULL, StatusCode::SERVICE_UNAVAILABLE, reason, remedy)
        .telling("the server has as many connections as it takes; try again later")
}

fn client_limit(kind: &Kind, limit: usize, client: Client, limits: &Limits) -> Refusal {
    let reason =
        Words::own(format!("the {client} has {limit} {}, which is the limit for one client", kind.things));
    let remedy = if limits.trusted_proxies == 0 {
        "raise `Limits::max_connections_per_client`; if this is the address of a proxy of yours, say `Limits::trusted_proxies(1)`"
    } else {
        "raise `Limits::max_connections_per_client`, or look at what this client does"
    };
    Refusal::of_client(&CLIENT_LIMIT, StatusCode::TOO_MANY_REQUESTS, reason, remedy)
        .telling("too many connections come from your address; close some, or try again later")
}
