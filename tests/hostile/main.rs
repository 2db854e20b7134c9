//! Clients that mean harm: whatever they send, the server answers by the rules, names what was wrong, and lives.

mod floods;
mod handshakes;
mod injection;
mod streams;

use axum::extract::Query;
use serde::{Deserialize, Serialize};
use sockeye::{Handshake, Json, ws_endpoint};

/// Echoes.
#[ws_endpoint("/echo", max_message_size = "2000 B")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Speaks two subprotocols to one page.
#[ws_endpoint("/choosy", subprotocols = ["v2", "v1"], origins = ["https://app.example.com"])]
async fn choosy(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Command {
    Say { text: String, to: Option<u64> },
    Move { x: i8, y: f64 },
    Stop,
}

/// Repeats commands.
#[ws_endpoint("/json")]
async fn json(handshake: Handshake<Json<Command>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(command) = socket.recv().await? {
        socket.send(command).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Words {
    words: String,
    #[serde(default)]
    accept: bool,
}

/// Says what it is given: as a refusal or as the reason of a close.
#[ws_endpoint("/parrot")]
async fn parrot(handshake: Handshake, Query(given): Query<Words>) -> sockeye::Result {
    if !given.accept {
        return Err(handshake.reject(http::StatusCode::CONFLICT, given.words));
    }
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, given.words).await
}

/// Puts what it is given into a header and a subprotocol.
#[ws_endpoint("/mirror")]
async fn mirror(handshake: Handshake, Query(given): Query<Words>) -> sockeye::Result {
    let accept = handshake.accept();
    let accept =
        if given.accept { accept.subprotocol(given.words) } else { accept.header("x-words", given.words) };
    let mut socket = accept.await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}
