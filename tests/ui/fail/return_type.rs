use axum::response::IntoResponse;
use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws/response")]
async fn response(_handshake: Handshake) -> impl IntoResponse {
    "hello"
}

/// Documented.
#[ws_endpoint("/ws/pair")]
async fn pair(_handshake: Handshake) -> (u16, &'static str) {
    (404, "no such room")
}

/// Documented.
#[ws_endpoint("/ws/text")]
async fn text(_handshake: Handshake) -> &'static str {
    "hello"
}

/// Documented.
#[ws_endpoint("/ws/never")]
async fn never(_handshake: Handshake) -> ! {
    std::process::exit(1)
}

fn main() {}
