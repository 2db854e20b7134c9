//! The endpoint of the three programs in `src/bin`, which differ in how they listen.

use std::process;

use sockeye::{Handshake, Server, ws_endpoint};

/// Says which process has answered, and then echoes.
#[ws_endpoint("/ws")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send(format!("process {}", process::id())).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The server with that endpoint.
pub fn server() -> Server {
    Server::new()
}
