use axum::extract::Path;
use sockeye::{Handshake, ws_endpoint};

const NO_SLASH: &str = "ws/chat";
const TWO: &str = "/ws/{room}/{user}";

/// Documented.
#[ws_endpoint(NO_SLASH)]
async fn no_slash(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint(concat!("/ws", "/:room"))]
async fn older(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint(TWO)]
async fn two(_handshake: Handshake, Path(_room): Path<String>) {
    todo!()
}

fn main() {}
