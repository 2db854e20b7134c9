use axum::extract::Path;
use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws/{room}/{user}")]
async fn one_of_two(_handshake: Handshake, Path(room): Path<u64>) {
    let _ = room;
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/{id}")]
async fn two_of_one(_handshake: Handshake, Path((id, name)): Path<(u64, String)>) {
    let _ = (id, name);
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/none")]
async fn one_of_none(_handshake: Handshake, Path(id): axum::extract::Path<String>) {
    let _ = id;
    todo!()
}

/// A prefix of the group can add parameters, but not remove any.
#[ws_endpoint("/ws/tenants/{tenant}/{room}", group = "tenants")]
async fn one_of_two_in_a_group(_handshake: Handshake, Path(room): Path<String>) {
    let _ = room;
    todo!()
}

/// Each reads the whole path.
#[ws_endpoint("/ws/{room}/{user}/two")]
async fn two_extractors(_handshake: Handshake, Path(room): Path<u64>, Path(user): Path<String>) {
    let _ = (room, user);
    todo!()
}

/// The type belongs to the name, not to the place.
#[ws_endpoint("/ws/{tenant}/{id}/names")]
async fn by_name(_handshake: Handshake, Path(id): Path<u64>) {
    let _ = id;
    todo!()
}

fn main() {}
