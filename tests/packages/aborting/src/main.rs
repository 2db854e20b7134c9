//! A right program, for a profile in which a panic ends the process.

use sockeye::{Handshake, Server, StartupError, ws_endpoint};

/// Echoes.
#[ws_endpoint("/ws/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartupError> {
    let server = Server::new();
    let server = match std::env::args().nth(1) {
        Some(reason) => server.allow("panic_aborts", reason),
        None => server,
    };
    server.serve("127.0.0.1:0").await
}
