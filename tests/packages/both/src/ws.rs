//! Endpoints.

use sockeye::{Handshake, ws_endpoint};

/// Echoes.
#[ws_endpoint("/ws/echo")]
pub async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
