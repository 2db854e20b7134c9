//! Sockeye from another crate, and the attribute is not told so.

use company::sockeye::{Handshake, Result, ws_endpoint};

/// Echoes.
#[ws_endpoint("/ws/echo")]
pub async fn echo(handshake: Handshake) -> Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
