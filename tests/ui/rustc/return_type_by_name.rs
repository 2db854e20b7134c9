//! Types that are neither `()` nor a `Result` that the server can read.

use axum::response::Response;
use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws/response")]
async fn response(_handshake: Handshake) -> Response {
    Response::default()
}

/// Documented.
#[ws_endpoint("/ws/value")]
async fn value(_handshake: Handshake) -> sockeye::Result<u64> {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/text")]
async fn text(_handshake: Handshake) -> Result<(), String> {
    todo!()
}

fn main() {}
