//! Types that are neither `()` nor a `Result` that the server can read.
#![allow(deprecated)]

use axum::response::Response;
use sockeye::{Handshake, ws_endpoint};

#[ws_endpoint("/ws/response")]
async fn response(_handshake: Handshake) -> Response {
    Response::default()
}

#[ws_endpoint("/ws/value")]
async fn value(_handshake: Handshake) -> sockeye::Result<u64> {
    todo!()
}

#[ws_endpoint("/ws/text")]
async fn text(_handshake: Handshake) -> Result<(), String> {
    todo!()
}

fn main() {}
