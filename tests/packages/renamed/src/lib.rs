//! Sockeye under another name.

use ws::{Handshake, Socket, ws_endpoint, ws_lifecycle};

/// Echoes.
#[ws_endpoint("/ws/echo")]
pub async fn echo(handshake: Handshake) -> ws::Result {
    serve(handshake.accept().await?).await
}

/// Echoes, and says where Sockeye is.
#[ws_endpoint("/ws/said", crate = ws)]
pub async fn said(handshake: Handshake) -> ws::Result {
    serve(handshake.accept().await?).await
}

#[ws_lifecycle]
async fn serve(mut socket: Socket) -> ws::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
