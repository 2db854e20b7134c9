use sockeye::{Handshake, ws_endpoint};

/// The usual slip: the body awaits, the signature does not say so.
#[ws_endpoint("/ws/slip")]
fn slip(handshake: Handshake) -> sockeye::Result {
    let _socket = handshake.accept().await?;
    Ok(())
}

/// A future by hand is not a handler either.
#[ws_endpoint("/ws/by_hand")]
fn by_hand(handshake: Handshake) -> impl Future<Output = sockeye::Result> {
    async move {
        let _socket = handshake.accept().await?;
        Ok(())
    }
}

#[ws_endpoint("/ws/empty")]
pub fn empty(_handshake: Handshake) {}

fn main() {}
