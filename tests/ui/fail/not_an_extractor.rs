use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{Path, Query},
    http::{HeaderMap, Method},
};
use serde::Deserialize;
use sockeye::{Handshake, Hub, ws_endpoint};

/// Documented.
#[rustfmt::skip]
#[ws_endpoint("/ws")]
async fn seventeen(
    _handshake: Handshake,
    _1: Method, _2: Method, _3: Method, _4: Method, _5: Method, _6: Method, _7: Method, _8: Method, _9: Method,
    _10: Method, _11: Method, _12: Method, _13: Method, _14: Method, _15: Method, _16: Method, _17: Method,
) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/{room}")]
async fn number(_handshake: Handshake, room: u64, _fast: bool) {
    todo!("{room}")
}

#[derive(Clone)]
struct App;

/// Documented.
#[ws_endpoint("/ws/app")]
async fn app(_handshake: Handshake, _app: Option<App>) {
    todo!()
}

#[derive(Deserialize)]
struct Since {
    since: u64,
}

#[derive(Deserialize)]
struct Place {
    room: String,
}

/// The query string, in two forms, parameters of the route, and two kinds of state.
#[ws_endpoint("/ws/{room}/values")]
async fn values(
    handshake: Handshake,
    since: Since,
    place: Place,
    query: HashMap<String, String>,
    app: App,
    shared: Arc<App>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send(format!("{} {} {}", since.since, place.room, query.len())).await?;
    drop((app, shared));
    while socket.recv().await?.is_some() {}
    Ok(())
}

struct Plain {
    room: u64,
}

/// Types without `Deserialize`, and what needs no `Option` or is a state.
#[ws_endpoint("/ws/{room}/unreadable")]
async fn unreadable(
    handshake: Handshake,
    Path(place): Path<Plain>,
    Query(query): Query<Plain>,
    headers: Option<HeaderMap>,
    since: Option<Query<Since>>,
    hub: Hub<String>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send(format!("{} {}", place.room, query.room)).await?;
    drop((headers, since, hub));
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn main() {}
