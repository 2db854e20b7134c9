//! Sockeye from another crate.

use company::sockeye::{self, Handshake, Socket, ws_endpoint, ws_lifecycle};

/// Echoes.
#[ws_endpoint("/ws/echo", crate = company::sockeye)]
pub async fn echo(handshake: Handshake) -> sockeye::Result {
    serve(handshake.accept().await?).await
}

/// Echoes; the path is written as other attributes want it.
#[ws_endpoint("/ws/quoted", crate = "::company::sockeye")]
pub async fn quoted(handshake: Handshake) -> sockeye::Result {
    serve(handshake.accept().await?).await
}

#[ws_lifecycle(crate = company::sockeye)]
async fn serve(mut socket: Socket) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
