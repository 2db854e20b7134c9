use sockeye::{Handshake, Json, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws")]
async fn chat(handshake: Handshake, again: Handshake<Json<u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    let _again = again.accept().await?;
    Ok(())
}

fn main() {}
