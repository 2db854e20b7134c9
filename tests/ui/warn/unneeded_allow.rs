//! What was allowed is no longer there.

use sockeye::{Handshake, ws_endpoint};

/// Has its receive loop back.
#[ws_endpoint("/ws/echo", allow(no_receive_loop, reason = "clients only listen"))]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Needs one of three.
#[ws_endpoint(
    "/ws/load",
    allow(deaf_loop, blocking_call, panicking_io, reason = "reads `/proc/loadavg`, which no disk is behind")
)]
async fn load(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        socket.send(std::fs::read("/proc/loadavg")?).await?;
    }
    Ok(())
}

fn main() {}
