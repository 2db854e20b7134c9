//! What lets a client in does not go into the log.

use axum::{
    extract::Query,
    http::{HeaderMap, header},
};
use serde::Deserialize;
use sockeye::{Handshake, ws_endpoint};

#[derive(Debug, Deserialize)]
struct Ticket {
    user: String,
    token: String,
}

/// A field, the whole of it, and the URI.
#[ws_endpoint("/ws/ticket")]
async fn ticket(handshake: Handshake, Query(ticket): Query<Ticket>) -> sockeye::Result {
    tracing::info!(user = ticket.user, token = ticket.token, "asks");
    println!("{ticket:?}");
    tracing::debug!(uri = %handshake.uri(), "asks");
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Headers.
#[ws_endpoint("/ws/bearer")]
async fn bearer(handshake: Handshake, headers: HeaderMap) -> sockeye::Result {
    tracing::trace!(?headers);
    tracing::warn!("refused {:?}", headers.get(header::AUTHORIZATION));
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The whole map, and tokens, whose `Debug` would not show them.
#[ws_endpoint("/ws/token")]
async fn token(handshake: Handshake) -> sockeye::Result {
    println!("{:?}", handshake.headers());
    let token = handshake.bearer_token();
    let shown = token.map_or("none", |token| token.as_str());
    println!("{shown} {}", handshake.cookie_token("session").map(|key| key.as_str()).unwrap_or_default());
    if let Some(token) = token {
        println!("{}", token.as_str());
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// One of the headers, in a function of the file.
#[ws_endpoint("/ws/asked")]
async fn asked(handshake: Handshake, headers: HeaderMap) -> sockeye::Result {
    if !authorized(&headers) {
        return Err(handshake.reject(axum::http::StatusCode::UNAUTHORIZED, "who are you?"));
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn authorized(headers: &HeaderMap) -> bool {
    let value = headers.get("authorization").and_then(|value| value.to_str().ok());
    tracing::debug!("checking {value:?}");
    value == Some("Bearer 123")
}

fn main() {}
