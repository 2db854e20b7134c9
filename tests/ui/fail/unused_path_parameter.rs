use axum::{
    extract::{Query, State},
    http::HeaderMap,
};
use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws/alone/{id}")]
async fn alone(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Documented.
#[ws_endpoint("/ws/{room}/{_version}/{*rest}")]
async fn beside(
    handshake: Handshake,
    State(name): State<String>,
    Query(query): Query<Vec<u8>>,
    headers: HeaderMap,
) -> sockeye::Result {
    let _ = (name, query, headers);
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn main() {}
