//! A client that never logs in does not stay for ever.

use sockeye::{CloseCode, Handshake, Message, ws_endpoint};

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

/// With the pattern of the message, and without `?`.
#[ws_endpoint("/ws/text")]
async fn text(handshake: Handshake) {
    let Ok(mut socket) = handshake.accept().await else { return };
    let Ok(Some(Message::Text(token))) = socket.recv().await else { return };
    if token.as_str() != "sesame" {
        let _ = socket.close(CloseCode::POLICY_VIOLATION, "wrong token").await;
        return;
    }
    while let Ok(Some(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

fn main() {}
