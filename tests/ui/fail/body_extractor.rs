use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws/json")]
async fn json(handshake: Handshake, axum::Json(command): axum::Json<Vec<u8>>) -> sockeye::Result {
    let _ = (handshake, command);
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/text")]
async fn text(handshake: Handshake, text: String, bytes: bytes::Bytes) -> sockeye::Result {
    let _ = (handshake, text, bytes);
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/request")]
async fn request(handshake: Handshake, request: axum::extract::Request) -> sockeye::Result {
    let _ = (handshake, request);
    todo!()
}

fn main() {}
