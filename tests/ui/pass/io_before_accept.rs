//! What a handshake can be asked before it is accepted, and other things that have methods of the same names.
#![deny(warnings)]

use axum::{extract::State, http::StatusCode};
use sockeye::{Handshake, ws_endpoint};
use tokio::sync::{broadcast, mpsc};

/// Every method that a handshake has.
#[ws_endpoint("/ws/asked")]
async fn asked(handshake: Handshake) -> sockeye::Result {
    let local = handshake.peer().is_some_and(|peer| peer.ip().is_loopback());
    let named = handshake.uri().query().is_some() || handshake.headers().contains_key("x-name");
    let speaks = handshake.subprotocols().any(|one| one == "v2");
    if !local && !named && !speaks && handshake.origin().is_none() {
        return Err(handshake.reject(StatusCode::FORBIDDEN, "who are you"));
    }
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Sends and receives, on channels.
#[ws_endpoint("/ws/channels")]
async fn channels(
    handshake: Handshake,
    State(events): State<broadcast::Sender<String>>,
    State(arrivals): State<mpsc::Sender<String>>,
) -> sockeye::Result {
    let mut events = events.subscribe();
    arrivals.send(format!("{:?}", handshake.peer())).await?;
    let first = events.recv().await?;
    let mut socket = handshake.accept().await?;
    socket.send(first).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The socket has the name that the handshake had.
#[ws_endpoint("/ws/shadowed")]
async fn shadowed(ws: Handshake) -> sockeye::Result {
    let mut ws = ws.accept().await?;
    ws.send("welcome").await?;
    while let Some(message) = ws.recv().await? {
        ws.send(message).await?;
    }
    Ok(())
}

/// A trait of one's own gives the handshake a method, through a reference to it.
#[ws_endpoint("/ws/trait")]
async fn extended(handshake: Handshake) -> sockeye::Result {
    Noted::note(&handshake);
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

trait Noted {
    fn note(&self);
}

impl Noted for Handshake {
    fn note(&self) {
        tracing::debug!(peer = ?self.peer());
    }
}

fn main() {}
