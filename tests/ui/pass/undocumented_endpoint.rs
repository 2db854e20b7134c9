//! Every way to say what an endpoint does, or that it is nobody's business.
#![deny(warnings)]

use sockeye::{Handshake, Socket, ws_endpoint};

/// Sends back what comes.
#[ws_endpoint("/ws/above")]
async fn above(handshake: Handshake) -> sockeye::Result {
    echo(handshake.accept().await?).await
}

#[ws_endpoint("/ws/below")]
/// Sends back what comes.
async fn below(handshake: Handshake) -> sockeye::Result {
    echo(handshake.accept().await?).await
}

/** Sends back what comes. */
#[ws_endpoint("/ws/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    echo(handshake.accept().await?).await
}

#[doc = "Sends back what comes."]
#[ws_endpoint("/ws/attribute")]
async fn attribute(handshake: Handshake) -> sockeye::Result {
    echo(handshake.accept().await?).await
}

#[doc = concat!("Sends back", " what comes.")]
#[ws_endpoint("/ws/macro")]
async fn by_macro(handshake: Handshake) -> sockeye::Result {
    echo(handshake.accept().await?).await
}

#[doc(hidden)]
#[ws_endpoint("/ws/hidden")]
async fn hidden(handshake: Handshake) -> sockeye::Result {
    echo(handshake.accept().await?).await
}

#[allow(missing_docs)]
#[ws_endpoint("/ws/allowed")]
async fn allowed(handshake: Handshake) -> sockeye::Result {
    echo(handshake.accept().await?).await
}

#[ws_endpoint("/ws/v1", allow(undocumented_endpoint, reason = "described with the other versions in docs/protocol.md"))]
async fn v1(handshake: Handshake) -> sockeye::Result {
    echo(handshake.accept().await?).await
}

async fn echo(mut socket: Socket) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

fn main() {}
