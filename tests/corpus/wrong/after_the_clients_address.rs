//! Handlers that ask a handle for the client's address or position first, and then make their mistake.

use axum::extract::State;
use sockeye::{Handshake, Json, Topic, ws_endpoint};

/// Allows only some networks, and accepts nobody.
#[ws_endpoint("/address/never")]
async fn never(handshake: Handshake) -> sockeye::Result {
    let client = handshake.client();
    tracing::info!(?client, "refused or not");
    Ok(()) //~ never_accepted
}

/// Says hello and leaves.
#[ws_endpoint("/address/hello")]
async fn hello(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?; //~ no_receive_loop
    if let Some(client) = socket.client() {
        socket.send(format!("hello, {client}")).await?;
    }
    Ok(())
}

/// Sends events from where the client was, and hears nothing.
#[ws_endpoint("/address/resumed")]
async fn resumed(handshake: Handshake<Json<(), u32>>, State(topic): State<Topic<u32>>) -> sockeye::Result {
    let position = handshake.position();
    let socket = handshake.accept().await?;
    let mut events = topic.subscribe_from(position);
    loop {
        let event = events.next().await?;
        socket.send(event).await?; //~ deaf_loop
    }
}
