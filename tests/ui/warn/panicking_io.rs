//! A client that leaves is no reason to panic.

use sockeye::{Handshake, ws_endpoint};

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
