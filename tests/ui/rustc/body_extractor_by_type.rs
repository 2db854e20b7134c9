//! Bare names: only the type knows that it is axum's.

use axum::{Form, Json, extract::Request};
use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws/json")]
async fn json(_handshake: Handshake, Json(_command): Json<Vec<u8>>) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/form")]
async fn form(_handshake: Handshake, Form(_command): Form<Vec<u8>>) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/request")]
async fn request(_handshake: Handshake, _request: Request) {
    todo!()
}

fn main() {}
