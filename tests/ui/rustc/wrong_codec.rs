//! What a socket sends, and how, is what its codec says.

use serde::{Deserialize, Serialize};
use sockeye::{Handshake, Json, ws_endpoint};

#[derive(Serialize, Deserialize)]
struct Command {
    pause: bool,
}

/// Text, where the codec sends commands.
#[ws_endpoint("/ws/text")]
async fn text(handshake: Handshake<Json<Command>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send("hello").await?;
    while let Some(command) = socket.recv().await? {
        socket.send(command).await?;
    }
    Ok(())
}

/// A value, where the codec sends text and bytes.
#[ws_endpoint("/ws/value")]
async fn value(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send(Command { pause: true }).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn main() {}
