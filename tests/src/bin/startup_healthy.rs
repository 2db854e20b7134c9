//! A program with nothing wrong, for tests that look at a real process.

use std::sync::Arc;

use axum::extract::{Path, State};
use sockeye::{Handshake, Server, StartupError, ws_endpoint};

/// Sends back what comes in.
#[ws_endpoint("/echo", max_message_size = "1 MiB", heartbeat = off, subprotocols = ["v2", "v1"])]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Sends the name of the server.
#[ws_endpoint(
    "/names/{id}",
    origins = ["https://app.example.com"],
    allow(no_receive_loop, reason = "the name is all there is")
)]
async fn name(
    handshake: Handshake,
    Path(id): Path<u64>,
    State(name): State<Arc<str>>,
    _suffix: Option<State<char>>,
    _times: Option<State<usize>>,
) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.send(sockeye::Message::text(format!("{name} {id}"))).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartupError> {
    let address = std::env::args().nth(1).unwrap_or_default();
    Server::new().state(Arc::<str>::from("sockeye")).state(1_usize).console("/_sockeye").serve(address).await
}
