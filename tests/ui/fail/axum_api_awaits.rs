//! An `.await` too many, and a subscription used as a receiver or a stream.

use std::time::Duration;

use axum::{extract::State, http::StatusCode};
use sockeye::{Handshake, Hub, ws_endpoint};

/// What is not a future.
#[ws_endpoint("/ws/reject")]
async fn reject(handshake: Handshake) -> sockeye::Result {
    if handshake.bearer_token().is_none() {
        return handshake.reject(StatusCode::UNAUTHORIZED, "log in").await;
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// In a branch.
#[ws_endpoint("/ws/select")]
async fn select(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            message = socket.recv().await => if message?.is_none() { return Ok(()) },
            _ = tick.tick() => socket.send("tick").await?,
        }
    }
}

/// `recv` of a subscription.
#[ws_endpoint("/ws/recv")]
async fn recv(handshake: Handshake, State(hub): State<Hub<String>>) -> sockeye::Result {
    let mut events = hub.topic("news").subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            message = socket.recv() => if message?.is_none() { return Ok(()) },
            event = events.recv() => socket.send(event?).await?,
        }
    }
}

/// A subscription as a stream.
#[ws_endpoint("/ws/next")]
async fn next(handshake: Handshake, State(hub): State<Hub<String>>) -> sockeye::Result {
    let mut events = hub.topic("news").subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            message = socket.recv() => if message?.is_none() { return Ok(()) },
            Some(event) = events.next() => socket.send(event).await?,
        }
    }
}

fn main() {}
