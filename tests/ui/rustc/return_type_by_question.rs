//! Errors of a helper that do not convert into `sockeye::Error`: one message for each `?`.

use axum::http::StatusCode;
use sockeye::{Handshake, ws_endpoint};

fn limit() -> Result<usize, Box<dyn std::error::Error>> {
    Ok(std::env::var("LIMIT")?.parse()?)
}

fn checked(origin: Option<&str>) -> Result<(), StatusCode> {
    origin.map(drop).ok_or(StatusCode::FORBIDDEN)
}

/// A box that cannot change its thread.
#[ws_endpoint("/ws/boxed")]
async fn boxed(handshake: Handshake) -> sockeye::Result {
    let limit = limit()?;
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some_and(|message| message.len() < limit) {}
    Ok(())
}

/// A status.
#[ws_endpoint("/ws/status")]
async fn status(handshake: Handshake) -> sockeye::Result {
    checked(handshake.origin())?;
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn main() {}
