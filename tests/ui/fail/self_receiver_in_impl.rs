//! A function without `self` inside an `impl`, which only the file tells from a free one.

use sockeye::{Handshake, ws_endpoint};

struct Chat;

impl Chat {
    /// Documented.
    #[ws_endpoint("/ws")]
    async fn chat(handshake: Handshake) -> sockeye::Result {
        let mut socket = handshake.accept().await.unwrap();
        while socket.recv().await?.is_some() {}
        Ok(())
    }
}

fn main() {
    let _ = Chat;
}
