//! The good block of the page.
#![deny(warnings)]

use serde::{Deserialize, Serialize};
use sockeye::{Handshake, Json, ws_endpoint};

#[derive(Serialize, Deserialize)]
struct Reading {
    celsius: f32,
}

/// Receives readings and sends each of them back.
#[ws_endpoint("/ws/readings")]
async fn readings(handshake: Handshake<Json<Reading>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(reading) = socket.recv().await? {
        socket.send(reading).await?;
    }
    Ok(())
}

fn main() {}
