//! Everything that takes as many parameters as the route has, or whose number tokens cannot know.

use std::collections::HashMap;

use axum::extract::Path;
use serde::Deserialize;
use sockeye::{Handshake, ws_endpoint};

#[derive(Deserialize)]
struct Names {
    _room: u64,
    _user: String,
}

type Pair = (u64, String);

#[ws_endpoint("/one/{id}")]
async fn one(_handshake: Handshake, Path(_id): Path<u64>) {
    todo!()
}

#[ws_endpoint("/single/{id}")]
async fn single(_handshake: Handshake, Path((_id,)): Path<(u64,)>) {
    todo!()
}

#[ws_endpoint("/two/{room}/{user}")]
async fn two(_handshake: Handshake, Path((_room, _user)): Path<(u64, String)>) {
    todo!()
}

#[ws_endpoint("/struct/{_room}/{_user}")]
async fn by_name(_handshake: Handshake, Path(_names): Path<Names>) {
    todo!()
}

#[ws_endpoint("/alias/{room}/{user}")]
async fn alias(_handshake: Handshake, Path((_room, _user)): Path<Pair>) {
    todo!()
}

#[ws_endpoint("/map/{room}/{user}")]
async fn map(_handshake: Handshake, Path(_all): Path<HashMap<String, String>>) {
    todo!()
}

#[ws_endpoint("/list/{room}/{user}")]
async fn list(_handshake: Handshake, Path(_all): Path<Vec<(String, String)>>) {
    todo!()
}

/// `Server::prefix` may put a parameter in front of the route of a group.
#[ws_endpoint("/prefixed/{room}", group = "tenant")]
async fn prefixed(_handshake: Handshake, Path((_tenant, _room)): Path<(String, u64)>) {
    todo!()
}

const ROUTE: &str = "/constant/{room}";

#[ws_endpoint(ROUTE, group = "tenant")]
async fn constant(_handshake: Handshake, Path((_tenant, _room)): Path<(String, u64)>) {
    todo!()
}

fn main() {}
