//! `Json` is forgotten: the type of a message is not a codec.

use serde::{Deserialize, Serialize};
use sockeye::{Handshake, ws_endpoint};

#[derive(Serialize, Deserialize)]
struct Command {
    pause: bool,
}

/// Documented.
#[ws_endpoint("/ws")]
async fn chat(handshake: Handshake<Command>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(command) = socket.recv().await? {
        socket.send(command).await?;
    }
    Ok(())
}

/// The `Json` of axum.
#[ws_endpoint("/ws/axum")]
async fn of_axum(handshake: Handshake<axum::Json<Command>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(command) = socket.recv().await? {
        socket.send(command).await?;
    }
    Ok(())
}

/// A string.
#[ws_endpoint("/ws/string")]
async fn string(handshake: Handshake<String>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(text) = socket.recv().await? {
        socket.send(text).await?;
    }
    Ok(())
}

/// The `Json` of axum, with two types.
#[ws_endpoint("/ws/axum/two")]
async fn of_axum_with_two(handshake: Handshake<axum::Json<Command, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(command) = socket.recv().await? {
        socket.send(format!("pause: {}", command.pause)).await?;
    }
    Ok(())
}

/// Both types of a codec.
#[ws_endpoint("/ws/two")]
async fn two(handshake: Handshake<Command, String>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(command) = socket.recv().await? {
        socket.send(format!("pause: {}", command.pause)).await?;
    }
    Ok(())
}

fn main() {}
