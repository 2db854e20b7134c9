use sockeye::{Handshake, ws_endpoint};

struct Chat;

impl Chat {
    /// Documented.
    #[ws_endpoint("/ws/borrowed")]
    async fn borrowed(&self, handshake: Handshake) -> sockeye::Result {
        let mut socket = handshake.accept().await?;
        while socket.recv().await?.is_some() {}
        Ok(())
    }

    /// Documented.
    #[ws_endpoint("/ws/shared")]
    async fn shared(self: std::sync::Arc<Self>, _handshake: Handshake) {
        todo!()
    }
}

fn main() {
    let _ = Chat;
}
