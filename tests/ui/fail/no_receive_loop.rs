use std::time::Duration;

use axum::extract::{Path, State};
use sockeye::{CloseCode, Error, Handshake, Json, ws_endpoint};
use tokio::time::timeout;

/// Accepts, and that is all.
#[ws_endpoint("/ws/bare")]
async fn bare(handshake: Handshake) -> sockeye::Result {
    let _socket = handshake.accept().await?;
    Ok(())
}

/// Greets and leaves.
#[ws_endpoint("/ws/greet")]
async fn greet(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().header("x-greeting", "1").await?;
    socket.send("welcome").await?;
    tracing::info!("a client is connected");
    Ok(())
}

/// Takes one message and forgets the rest.
#[ws_endpoint("/ws/once")]
async fn once(handshake: Handshake<Json<Vec<i64>, i64>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    if let Some(numbers) = socket.recv().await? {
        socket.send(numbers.iter().sum::<i64>()).await?;
    }
    Ok(())
}

/// Without `?`.
#[ws_endpoint("/ws/plain")]
async fn plain(handshake: Handshake) {
    match handshake.accept().await {
        Ok(mut socket) => match socket.recv().await {
            Ok(Some(message)) => drop(socket.send(message).await),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "no message"),
        },
        Err(error) => tracing::warn!(%error, "not accepted"),
    }
}

/// In halves.
#[ws_endpoint("/ws/halves")]
async fn halves(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let first = timeout(Duration::from_secs(5), receiver.recv()).await??;
    if let Some(first) = first {
        sender.send(first).await?;
    }
    Ok(())
}

/// Sends the history and forgets the future.
#[ws_endpoint("/ws/history")]
async fn history(handshake: Handshake, State(history): State<Vec<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    for line in &history {
        socket.feed(line.as_str()).await?;
    }
    socket.flush().await
}

/// One arm closes, the other forgets.
#[ws_endpoint("/ws/rooms/{room}")]
async fn arms(handshake: Handshake, Path(room): Path<u64>) -> sockeye::Result {
    let mut client = handshake.accept().await?;
    match client.recv().await? {
        Some(message) if room > 0 => client.send(message).await,
        Some(_) => client.close(CloseCode::POLICY_VIOLATION, "no such room").await,
        None => Err(Error::new("gone before it said anything")),
    }
}

/// Drops the socket.
#[ws_endpoint("/ws/dropped")]
async fn dropped(handshake: Handshake) -> sockeye::Result {
    let _ = handshake.accept().await?;
    Ok(())
}

fn main() {}
