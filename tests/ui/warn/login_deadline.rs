//! A client that never logs in does not stay for ever.

use sockeye::{CloseCode, Handshake, ws_endpoint};

/// Waits for a token, however long that takes.
#[ws_endpoint("/ws/private")]
async fn private(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(token) = socket.recv().await? else { return Ok(()) };
    if token.as_text() != Some("sesame") {
        return socket.close(CloseCode::POLICY_VIOLATION, "wrong token").await;
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

fn main() {}
