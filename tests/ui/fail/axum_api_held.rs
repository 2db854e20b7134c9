//! What `recv` and `accept` return, used as what is in it.

use axum::http::StatusCode;
use sockeye::{Handshake, ws_endpoint};

/// An `Option` as the message.
#[ws_endpoint("/ws/held/option")]
async fn option(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Ok(message) = socket.recv().await {
        socket.send(message).await?;
    }
    Ok(())
}

/// The same in a `let`.
#[ws_endpoint("/ws/held/let")]
async fn held_by_let(handshake: Handshake) {
    let Ok(mut socket) = handshake.accept().await else { return };
    loop {
        let message = socket.recv().await;
        if message.as_text() == Some("bye") {
            return;
        }
    }
}

/// A pattern without `Ok`.
#[ws_endpoint("/ws/held/pattern")]
async fn pattern(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    match socket.recv().await {
        Some(message) => socket.send(message).await?,
        None => return Ok(()),
    }
    loop {
        tokio::select! {
            Some(message) = socket.recv() => socket.send(message).await?,
            else => return Ok(()),
        }
    }
}

/// A `Result` as the socket.
#[ws_endpoint("/ws/held/accepted")]
async fn accepted(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().identity("guest").await;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Methods of axum's messages.
#[ws_endpoint("/ws/held/methods")]
async fn methods(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.is_close() {
            break;
        }
        let text = message.to_text().unwrap();
        socket.send(text).await?;
        if message.is_binary() {
            socket.send(message.into_data()).await?;
        }
    }
    Ok(())
}

/// A number as the status.
#[ws_endpoint("/ws/held/status")]
async fn status(handshake: Handshake) -> sockeye::Result {
    if handshake.origin().is_none() {
        return Err(handshake.reject(401, "log in"));
    }
    Err(handshake.reject(StatusCode::FORBIDDEN, "no one may come in"))
}

fn main() {}
