use std::borrow::Cow;

use axum::{
    extract::{Path, Query, State},
    http::HeaderMap,
};
use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws/headers")]
async fn headers(handshake: Handshake, headers: &HeaderMap) -> sockeye::Result {
    let _ = (handshake, headers);
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/handshake")]
async fn handshake(handshake: &mut Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Documented.
#[ws_endpoint("/ws/{a}/{b}")]
async fn inside(
    handshake: Handshake,
    Path((a, b)): Path<(&str, String)>,
    Query(query): Query<Cow<'_, str>>,
    State(name): State<String>,
    text: &str,
) -> sockeye::Result {
    let _ = (handshake, a, b, query, name, text);
    todo!()
}

fn main() {}
