//! Every `allow` has something to allow.
#![deny(warnings)]

use sockeye::{Handshake, ws_endpoint};

/// Needs what it allows.
#[ws_endpoint("/ws/greet", allow(no_receive_loop, reason = "old clients take the close code 1000 as the signal to poll"))]
async fn greet(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.send("poll /status").await?;
    Ok(())
}

#[ws_endpoint(
    "/ws/two",
    allow(undocumented_endpoint, panicking_io, reason = "a fixture of the test suite"),
    allow(blocking_call, reason = "reads `/proc/loadavg`, which no disk is behind")
)]
async fn two(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await.unwrap();
    while socket.recv().await?.is_some() {
        socket.send(std::fs::read("/proc/loadavg")?).await?;
    }
    Ok(())
}

/// Needs it on some targets only, and says so.
#[ws_endpoint("/ws/load", allow(blocking_call, unneeded_allow, reason = "only the build for Windows reads a file"))]
async fn load(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Allows nothing.
#[ws_endpoint("/ws/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

fn main() {}
