//! What lets a client in, in the log.

use axum::{
    extract::Query,
    http::{HeaderMap, header},
};
use serde::Deserialize;
use sockeye::{Handshake, ws_endpoint};

#[derive(Debug, Deserialize)]
struct Auth {
    user: String,
    token: String,
}

/// A field.
#[ws_endpoint("/secrets/field")]
async fn field(handshake: Handshake, Query(auth): Query<Auth>) -> sockeye::Result {
    tracing::info!(token = %auth.token, "asks"); //~ secret_in_log
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The whole of it.
#[ws_endpoint("/secrets/whole")]
async fn whole(handshake: Handshake, Query(auth): Query<Auth>) -> sockeye::Result {
    println!("{auth:?} asks"); //~ secret_in_log
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The query is a part of the URI.
#[ws_endpoint("/secrets/uri")]
async fn uri(handshake: Handshake, Query(auth): Query<Auth>) -> sockeye::Result {
    tracing::debug!("{} from {}", handshake.uri(), auth.user); //~ secret_in_log
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A header under a name of its own.
#[ws_endpoint("/secrets/header")]
async fn bearer(handshake: Handshake) -> sockeye::Result {
    let who = handshake.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or("");
    tracing::warn!("refused {who}"); //~ secret_in_log
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// All headers.
#[ws_endpoint("/secrets/headers")]
async fn headers(handshake: Handshake, headers: HeaderMap) -> sockeye::Result {
    tracing::debug!(?headers, "asks"); //~ secret_in_log
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The first message.
#[ws_endpoint("/secrets/message", allow(login_deadline, reason = "another mistake"))]
async fn message(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(token) = socket.recv().await? else { return Ok(()) };
    if !verify(token.as_text().unwrap_or_default()) {
        tracing::warn!("wrong token {:?}", token); //~ secret_in_log
        return Ok(());
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn verify(token: &str) -> bool {
    token == "one-time"
}
