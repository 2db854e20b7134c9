//! Admits a connection, or explains why not.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http::{HeaderValue, StatusCode, header, request::Parts};
use sockeye_rules::{CLIENT_LIMIT, HANDSHAKE_RATE_LIMITED, SERVER_FULL, render::count};

use super::{
    Counts, Slot,
    client::{Client, is_forwarded},
    count::{Bounds, Full},
    lingering::{Lingerer, Lingering, Stay},
};
use crate::{Limits, limits::Rate, log::Words, refusal::Refusal, shutdown::Busy};

/// After how many seconds a client that was turned away can retry.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// The name of the thing that is counted.
#[derive(Debug, Clone, Copy)]
struct Kind {
    /// The limit for one client.
    thing: &'static str,
    /// The limit in total.
    open: &'static str,
    /// The remedy when the total is reached.
    remedy: &'static str,
}

const SOCKETS: Kind = Kind {
    thing: "WebSocket",
    open: "open WebSocket",
    remedy: "raise `Limits::max_connections`, or distribute the clients over more instances",
};

const LINGERING: Kind = Kind {
    thing: "lingering handler",
    open: "lingering handler",
    remedy: "return from the handler soon after `recv` returns `None`, and move long work to a task of its own (`tokio::spawn`), \
             or raise `Limits::max_connections`",
};

const HTTP: Kind = Kind {
    thing: "HTTP connection",
    open: "open HTTP connection",
    remedy: "raise `Limits::max_http_connections`, or distribute the clients over more instances",
};

/// The remedy if the proxy in front does not identify its clients.
const NOT_FORWARDED: &str = "have the proxy in front add the client's address to `X-Forwarded-For`: the request has no address where \
    `Limits::trusted_proxies` looks for it, so it counts for the proxy";

/// A WebSocket's place among the server's connections until it has ended, and then its handler's place among the lingering
/// handlers, until this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    hold: Hold,
    client: Option<Client>,
    lingering: Lingering,
}

#[derive(Debug)]
enum Hold {
    Open {
        _slot: Slot,
        /// Over HTTP/2, the connection that carries it, which is busy for as long.
        _carrier: Option<Arc<Busy>>,
    },
    Lingering {
        _stay: Stay,
    },
    Nothing,
}

impl Place {
    /// The WebSocket is over, and its handler has ended.
    pub(crate) fn give_back(&mut self) {
        self.hold = Hold::Nothing;
    }

    /// The WebSocket has ended, and its handler continues.
    pub(crate) fn linger(&mut self, handler: Arc<dyn Lingerer>) {
        // It is counted here before it stops being counted there.
        let stay = self.lingering.enter(self.client, handler);
        self.hold = Hold::Lingering { _stay: stay };
    }
}

/// A place for a WebSocket whose handler is about to be called.
pub(crate) fn admit_socket(counts: &Counts, limits: &Limits, parts: &mut Parts) -> Result<Place, Refusal> {
    let client = Client::of(parts, limits.trusted_proxies);
    let bounds = bounds(limits, limits.sockets(), client);
    let is_unnamed = limits.trusted_proxies > 0 && !is_forwarded(&parts.headers, limits.trusted_proxies);
    admit_handshake(counts, limits, client, is_unnamed)?;
    let refuse = |full, kind| {
        let mut refusal = refuse(full, kind, bounds, limits);
        if is_unnamed && matches!(full, Full::Client(_)) {
            NOT_FORWARDED.clone_into(&mut refusal.remedy);
        }
        refusal
    };
    let slot = counts.sockets.enter(client, bounds).map_err(|full| refuse(full, SOCKETS))?;
    let lingering = counts.lingering.clone();
    lingering.make_room(client, bounds.and_one_more()).map_err(|full| refuse(full, LINGERING))?;
    let carrier = parts.extensions.remove::<Arc<Busy>>();
    if let Some(busy) = &carrier {
        busy.carry_socket();
    }
    Ok(Place { hold: Hold::Open { _slot: slot, _carrier: carrier }, client, lingering })
}

/// Counts one more handshake of the client, if its rate is limited.
fn admit_handshake(
    counts: &Counts,
    limits: &Limits,
    client: Option<Client>,
    is_unnamed: bool,
) -> Result<(), Refusal> {
    let (Some(client), Some(rate)) = (client, limits.max_handshake_rate) else { return Ok(()) };
    counts.handshakes.count(client, rate).map_err(|wait| {
        let mut refusal = too_many_handshakes(client, rate, wait, limits);
        if is_unnamed {
            NOT_FORWARDED.clone_into(&mut refusal.remedy);
        }
        refusal
    })
}

/// A place for a connection that has not sent a request yet. Without an address it counts only in the total.
pub(crate) fn admit_http(
    counts: &Counts,
    limits: &Limits,
    peer: Option<SocketAddr>,
) -> Result<Slot, Refusal> {
    let client = peer.map(|peer| Client::new(peer.ip()));
    let bounds = of_peer(limits, client);
    counts.http.enter(client, bounds).map_err(|full| refuse(full, HTTP, bounds, limits))
}

/// The number of connections, and how many of them one TCP peer may have. Behind trusted proxies the peer is a proxy, which serves many
/// clients; but until it has forwarded a request this is not known, and any client that reaches the port may be the peer. So a peer has
/// half of the places for such connections. A connection that has forwarded a request is no longer counted for its peer
/// (`Slot::disown`).
fn of_peer(limits: &Limits, client: Option<Client>) -> Bounds {
    let total = limits.http();
    if limits.trusted_proxies == 0 {
        bounds(limits, total, client)
    } else {
        Bounds { total, per_client: (total / 2).max(1) }
    }
}

fn bounds(limits: &Limits, total: usize, client: Option<Client>) -> Bounds {
    let is_loopback = client.is_some_and(Client::is_loopback);
    Bounds { total, per_client: limits.share_of(total, is_loopback) }
}

/// A place for explaining to a connection why it is turned away, as long as there are not too many of these.
pub(crate) fn admit_farewell(counts: &Counts, at_once: usize) -> Option<Slot> {
    counts.turned_away.enter(None, Bounds { total: at_once, per_client: 0 }).ok()
}

fn refuse(full: Full, kind: Kind, bounds: Bounds, limits: &Limits) -> Refusal {
    let refusal = match full {
        Full::Total => server_full(kind, bounds.total),
        Full::Client(client) => client_limit(kind, bounds.per_client, client, limits),
    };
    refusal.with_header(header::RETRY_AFTER, RETRY_AFTER)
}

fn server_full(kind: Kind, total: usize) -> Refusal {
    let reason = Words::own(format!("the limit of {} is reached", count(total, kind.open)));
    Refusal::of_server(&SERVER_FULL, StatusCode::SERVICE_UNAVAILABLE, reason, kind.remedy)
        .telling("the server has reached its connection limit; try again later")
}

fn client_limit(kind: Kind, limit: usize, client: Client, limits: &Limits) -> Refusal {
    let reason =
        Words::own(format!("the {client} has reached the limit of {} per client", count(limit, kind.thing)));
    let remedy = if limits.trusted_proxies == 0 {
        "raise `Limits::max_connections_per_client`; if this is the address of your own proxy, set `Limits::trusted_proxies(1)`"
    } else {
        "raise `Limits::max_connections_per_client`, or make this client open fewer connections"
    };
    Refusal::of_client(&CLIENT_LIMIT, StatusCode::TOO_MANY_REQUESTS, reason, remedy)
        .telling("too many connections from your address; close some, or try again later")
}

fn too_many_handshakes(client: Client, rate: Rate, wait: Duration, limits: &Limits) -> Refusal {
    let handshakes = count(rate.per_second as usize, "handshake");
    let reason =
        format!("the {client} sends more than {handshakes} per second after a burst of {}", rate.burst);
    let remedy = if limits.trusted_proxies == 0 {
        "have the client wait between its attempts, or raise `Limits::max_handshake_rate`; if this is the address of your own proxy, \
         set `Limits::trusted_proxies(1)`"
    } else {
        "have the client wait between its attempts, or raise `Limits::max_handshake_rate`"
    };
    Refusal::of_client(&HANDSHAKE_RATE_LIMITED, StatusCode::TOO_MANY_REQUESTS, Words::own(reason), remedy)
        .telling("too many handshakes from your address; try again later")
        .with_header(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)))
}

/// Rounded up: a client that comes back earlier would be refused again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
