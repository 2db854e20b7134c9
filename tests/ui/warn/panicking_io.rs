//! A client that leaves is no reason to panic.

use std::time::Duration;

use sockeye::{Handshake, ws_endpoint};
use tokio::time::timeout;

/// Panics when the client's network is gone.
#[ws_endpoint("/ws/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await.unwrap();
    while let Some(message) = socket.recv().await.unwrap() {
        socket.send(message).await.expect("the client is there");
    }
    Ok(())
}

/// Panics whenever a client closes.
#[ws_endpoint("/ws/next")]
async fn next(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let message = socket.recv().await?.unwrap();
        socket.send(message).await?;
    }
}

/// Panics on a client that is slow, or that closes.
#[ws_endpoint("/ws/first")]
async fn first(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let first = timeout(Duration::from_secs(5), socket.recv()).await.unwrap()?.unwrap();
    while socket.recv().await?.is_some() {}
    drop(first);
    Ok(())
}

/// In halves and in batches.
#[ws_endpoint("/ws/batch")]
async fn batch(handshake: Handshake) {
    let (sender, mut receiver) = handshake.accept().await.expect("accepts").split();
    while let Ok(Some(message)) = receiver.recv().await {
        sender.feed(message).await.unwrap();
        sender.flush().await.unwrap();
    }
}

fn main() {}
