//! The good block of the page.
#![deny(warnings)]

use axum::extract::Query;
use serde::Deserialize;
use sockeye::{Handshake, ws_endpoint};

#[derive(Deserialize)]
struct Ticket {
    user: String,
    token: String,
}

/// Echo for those with a ticket.
#[ws_endpoint("/ws/private")]
async fn private(handshake: Handshake, Query(ticket): Query<Ticket>) -> sockeye::Result {
    tracing::info!(user = ticket.user, length = ticket.token.len(), "asks");
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The `Debug` of a token does not show it, and its beginning only identifies it.
#[ws_endpoint("/ws/token")]
async fn token(handshake: Handshake) -> sockeye::Result {
    let token = handshake.bearer_token();
    tracing::info!(?token, cookie = ?handshake.cookie_token("session"), "asks");
    if let Some(token) = token {
        println!("{token:?} {} {}", token.as_str().len(), token.as_str().get(..4).is_some());
    }
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

fn main() {}
