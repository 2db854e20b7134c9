//! A program whose server lacks a state, for tests that look at a real process.

use axum::extract::State;
use sockeye::{Handshake, Server, StartupError, ws_endpoint};

/// Nobody gives it the state.
#[ws_endpoint("/broken")]
async fn broken(handshake: Handshake, State(_name): State<String>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartupError> {
    let address = std::env::args().nth(1).unwrap_or_default();
    Server::new().serve(address).await
}
