use sockeye::{Handshake, Json, ws_endpoint};

#[ws_endpoint("/ws")]
async fn chat(handshake: Handshake, again: Handshake<Json<u8>>) -> sockeye::Result {
    let _socket = handshake.accept().await?;
    let _again = again.accept().await?;
    Ok(())
}

fn main() {}
