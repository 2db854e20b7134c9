use sockeye::{Handshake, ws_endpoint};

/// The usual slip: the body awaits, the signature does not say so.
#[ws_endpoint("/ws/slip")]
fn slip(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A future by hand is not a handler either.
#[ws_endpoint("/ws/by_hand")]
fn by_hand(handshake: Handshake) -> impl Future<Output = sockeye::Result> {
    async move {
        let mut socket = handshake.accept().await?;
        while socket.recv().await?.is_some() {}
        Ok(())
    }
}

/// Documented.
#[ws_endpoint("/ws/empty")]
pub fn empty(_handshake: Handshake) {
    todo!()
}

fn main() {}
