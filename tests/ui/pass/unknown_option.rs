//! Every option in one attribute.

use sockeye::{Handshake, ws_endpoint};

#[derive(Clone)]
struct AppState;

#[ws_endpoint(
    "/ws",
    state = crate::AppState,
    origins = ["https://app.example.com", "http://localhost:5173"],
    subprotocols = ["v2", "v1"],
    max_message_size = "64 KiB",
    heartbeat = "30s",
    group = "admin",
    guarded,
)]
async fn chat(_handshake: Handshake) {
    todo!()
}

fn main() {
    let _ = AppState;
}
