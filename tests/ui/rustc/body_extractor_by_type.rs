//! Names of another module: only the type knows that it is axum's.

use sockeye::{Handshake, ws_endpoint};

mod http {
    pub use axum::{Form, Json, extract::Request};
}

use http::{Form, Json, Request};

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
