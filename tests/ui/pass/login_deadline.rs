//! The good block of the page.
#![deny(warnings)]

use std::time::Duration;

use sockeye::{CloseCode, Handshake, ws_endpoint};
use tokio::time::timeout;

/// Echo for those who know the word.
#[ws_endpoint("/ws/private")]
async fn private(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Ok(first) = timeout(Duration::from_secs(10), socket.recv()).await else {
        return socket.close(CloseCode::POLICY_VIOLATION, "no token").await;
    };
    let Some(token) = first? else { return Ok(()) };
    if token.as_text() != Some("sesame") {
        return socket.close(CloseCode::POLICY_VIOLATION, "wrong token").await;
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

fn main() {}
