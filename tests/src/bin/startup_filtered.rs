//! A program whose log is filtered as that of most programs is.

use sockeye::{Handshake, Server, StartupError, ws_endpoint};
use tracing_subscriber::{filter::Targets, prelude::*};

/// Sends back what comes in.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartupError> {
    let filter: Targets = std::env::var("RUST_LOG").unwrap_or_default().parse().unwrap_or_default();
    tracing_subscriber::registry().with(tracing_subscriber::fmt::layer()).with(filter).init();
    let address = std::env::args().nth(1).unwrap_or_default();
    Server::new().serve(address).await
}
