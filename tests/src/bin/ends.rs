//! A server whose program goes on when it has ended. It says `served` then, and that it is over if nobody ends it before.

use std::{future::pending, time::Duration};

use sockeye::{Handshake, Server, StartupError, ws_endpoint};

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

#[tokio::main]
#[allow(clippy::print_stdout, reason = "the test reads it")]
async fn main() -> Result<(), StartupError> {
    // Signals stop the server although it has a future of its own for that.
    Server::new().shutdown(pending()).serve("127.0.0.1:0").await?;
    println!("served");
    tokio::time::sleep(Duration::from_mins(1)).await;
    println!("nobody ended it");
    Ok(())
}
