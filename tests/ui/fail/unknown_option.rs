use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws/near", orgins = any)]
async fn near(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/other", max_messsage_size = "64 KiB", subprotocol = ["v1"])]
async fn other(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/far", throttle)]
async fn far(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/stray", "/ws/second")]
async fn stray(_handshake: Handshake) {
    todo!()
}

fn main() {}
