//! What the server does now, as JSON for the page.

use http::request::Parts;
use serde::Serialize;
use serde_json::Result;

use super::recorder::{Counts, Ended, Recorder, Refused, Traffic, now};
use crate::{
    connection::{Cell, Present},
    endpoint::Registered,
    handshake::peer,
    hub::{HubView, hubs},
    shutdown::Lifecycle,
};

/// How many connections, and how many hubs, are listed.
const MOST_CONNECTIONS: usize = 500;
const MOST_HUBS: usize = 100;

#[derive(Serialize)]
struct Live<'a> {
    /// The server's clock, for everything that has a time.
    now: u64,
    since: u64,
    status: &'static str,
    /// The address of the client that reads this, as refusals have it.
    client: Option<String>,
    endpoints: Vec<Endpoint<'a>>,
    connections: Listed<Vec<Connection<'a>>, usize>,
    refusals: Listed<Vec<&'a Refused>, u64>,
    ends: Listed<Vec<&'a Ended>, u64>,
    hubs: Listed<Vec<HubView>, usize>,
}

/// Some of them, and how many there are.
#[derive(Serialize)]
struct Listed<T, N> {
    total: N,
    shown: T,
}

#[derive(Serialize)]
struct Endpoint<'a> {
    route: &'static str,
    open: usize,
    #[serde(flatten)]
    counts: Option<&'a Counts>,
}

#[derive(Serialize)]
struct Connection<'a> {
    id: u64,
    route: &'static str,
    client: Option<String>,
    stage: &'static str,
    since: Option<u64>,
    #[serde(flatten)]
    traffic: Option<&'a Traffic>,
}

pub(super) fn json(
    lifecycle: &Lifecycle,
    endpoints: &[&'static Registered],
    parts: &Parts,
) -> Result<Vec<u8>> {
    match lifecycle.flood.tap().recorder() {
        Some(recorder) => of(recorder, lifecycle, endpoints, parts),
        None => Ok(b"{}".to_vec()),
    }
}

fn of(
    recorder: &Recorder,
    lifecycle: &Lifecycle,
    endpoints: &[&'static Registered],
    parts: &Parts,
) -> Result<Vec<u8>> {
    let (hubs, number_of_hubs) = hubs(MOST_HUBS);
    let client = lifecycle.flood.client_behind_proxies(parts).or(peer(parts).map(|peer| peer.ip()));
    let open = lifecycle.connections.open();
    let endpoints = endpoints.iter().map(|one| Endpoint {
        route: one.route,
        open: open.get(one.route).copied().unwrap_or_default(),
        counts: recorder.counts(one.route).map(|counts| &**counts),
    });
    let (last, total) = lifecycle.connections.last(MOST_CONNECTIONS);
    let connections = last.iter().map(|(id, present, cell)| connection(*id, present, cell));
    let (refusals, ends) = (recorder.refusals(), recorder.ends());
    serde_json::to_vec(&Live {
        now: now(),
        since: recorder.since,
        status: if lifecycle.is_told() { "stopping" } else { "running" },
        client: client.map(|client| client.to_string()),
        endpoints: endpoints.collect(),
        connections: Listed { total, shown: connections.collect() },
        refusals: Listed { total: refusals.total(), shown: refusals.iter().collect() },
        ends: Listed { total: ends.total(), shown: ends.iter().collect() },
        hubs: Listed { total: number_of_hubs, shown: hubs },
    })
}

fn connection<'a>(id: u64, present: &Present, cell: &'a Cell) -> Connection<'a> {
    let own = cell.tally().own();
    Connection {
        id,
        route: present.route(),
        client: present.peer().map(|peer| peer.to_string()),
        stage: present.stage(),
        since: own.map(|own| own.since),
        traffic: own.map(|own| &own.traffic),
    }
}
