use sockeye::{Handshake, ws_endpoint};

struct Chat;

impl Chat {
    #[ws_endpoint("/ws/borrowed")]
    async fn borrowed(&self, handshake: Handshake) -> sockeye::Result {
        let _socket = handshake.accept().await?;
        Ok(())
    }

    #[ws_endpoint("/ws/shared")]
    async fn shared(self: std::sync::Arc<Self>, _handshake: Handshake) {}
}

fn main() {
    let _ = Chat;
}
