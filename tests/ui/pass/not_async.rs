#![deny(warnings)]
//! Attributes and doc comments around an endpoint stay what they are.

use sockeye::{Handshake, ws_endpoint};

/// Above.
#[ws_endpoint("/documented")]
/// Below.
#[allow(dead_code, reason = "only the server calls it")]
#[must_use]
async fn documented(_handshake: Handshake) -> sockeye::Result {
    todo!()
}

/// Another attribute has written the function anew before ours sees it.
#[tracing::instrument(skip_all, fields(peer = ?handshake.peer()))]
#[ws_endpoint("/traced/above")]
async fn traced_above(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Written anew after ours has seen it.
#[ws_endpoint("/traced/below")]
#[tracing::instrument(skip_all)]
async fn traced_below(_handshake: Handshake) {
    todo!()
}

#[cfg(any())]
#[ws_endpoint("/never")]
async fn never(_handshake: DoesNotExist) {
    todo!()
}

#[ws_endpoint("/never/below")]
#[cfg(any())]
async fn never_below(_handshake: DoesNotExist) {
    todo!()
}

fn main() {}
