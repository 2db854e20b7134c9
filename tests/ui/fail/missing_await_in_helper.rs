//! What is not awaited is in a function that the endpoint calls: one error, and the call stays as it is.

use sockeye::{Handshake, Socket, ws_endpoint};

async fn greet(socket: &mut Socket) -> sockeye::Result {
    socket.send("hello");
    Ok(())
}

async fn first(socket: &mut Socket) -> usize {
    drop(socket.send("how many?"));
    3
}

/// Greets, then sends every message back.
#[ws_endpoint("/greets")]
async fn greets(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    greet(&mut socket).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Counts down.
#[ws_endpoint("/counts")]
async fn counts(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut left = first(&mut socket).await;
    while left > 0 && socket.recv().await?.is_some() {
        left -= 1;
    }
    Ok(())
}

fn main() {}
