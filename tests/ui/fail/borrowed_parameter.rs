use std::borrow::Cow;

use axum::{
    extract::{Path, Query, State},
    http::HeaderMap,
};
use serde::Deserialize;
use sockeye::{Handshake, Json, ws_endpoint};

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

#[derive(Deserialize)]
struct Words<'a> {
    text: &'a str,
}

/// A message that borrows.
#[ws_endpoint("/ws/message")]
async fn message(handshake: Handshake<Json<Words<'_>, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(words) = socket.recv().await? {
        socket.send(words.text.to_owned()).await?;
    }
    Ok(())
}

/// A text that borrows.
#[ws_endpoint("/ws/text")]
async fn text(handshake: Handshake<Json<Vec<&str>, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(words) = socket.recv().await? {
        socket.send(words.join(" ")).await?;
    }
    Ok(())
}

fn main() {}
