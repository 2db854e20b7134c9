//! Every form that the router knows.

use axum::extract::Path;
use sockeye::{Handshake, ws_endpoint};

#[ws_endpoint("/")]
async fn root(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/ws")]
async fn plain(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/ws/")]
async fn slash(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint(r"/raw/v1.0/a-b_c~d")]
async fn raw(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/files/{*rest}")]
async fn rest(_handshake: Handshake, Path(_rest): Path<String>) {
    todo!()
}

#[ws_endpoint("/prefixed/v{version}")]
async fn prefixed(_handshake: Handshake, Path(_version): Path<u8>) {
    todo!()
}

#[ws_endpoint("/braces/{{literal}}")]
async fn braces(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/encoded/my%20room")]
async fn encoded(_handshake: Handshake) {
    todo!()
}

fn main() {}
