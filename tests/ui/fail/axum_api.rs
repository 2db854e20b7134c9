use std::time::Duration;

use serde::{Deserialize, Serialize};
use sockeye::{Handshake, Json, Message, ws_endpoint};

#[derive(Serialize, Deserialize)]
struct Command {
    pause: bool,
}

/// What axum's `recv` gives.
#[ws_endpoint("/ws/some_ok")]
async fn some_ok(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Ok(message)) = socket.recv().await {
        socket.send(message).await?;
    }
    Ok(())
}

/// The same in `select!`.
#[ws_endpoint("/ws/select")]
async fn select(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            Some(Ok(message)) = socket.recv() => socket.send(message).await?,
            _ = tick.tick() => socket.send("tick").await?,
        }
    }
}

/// Kinds of messages that Sockeye takes care of.
#[ws_endpoint("/ws/kinds")]
async fn kinds(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        match message {
            Message::Text(text) => socket.send(text).await?,
            Message::Ping(data) => socket.send(Message::Pong(data)).await?,
            Message::Close(_) => break,
            Message::Binary(_) => {}
        }
    }
    Ok(())
}

/// The codec around messages.
#[ws_endpoint("/ws/json")]
async fn json(handshake: Handshake<Json<Command>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Json(command)) = socket.recv().await? {
        socket.send(Json(command)).await?;
    }
    Ok(())
}

/// A stream, without the trait.
#[ws_endpoint("/ws/stream")]
async fn stream(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        socket.send(text).await?;
    }
    Ok(())
}

fn main() {}
