//! Routes that are alike, and not the same.

use axum::extract::Path;
use sockeye::{Handshake, ws_endpoint};

#[ws_endpoint("/a/b")]
async fn slash(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/a_b")]
async fn underscore(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/a/{b}")]
async fn parameter(_handshake: Handshake, Path(_b): Path<String>) {
    todo!()
}

#[ws_endpoint("/a/b/")]
async fn trailing(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/a/b", group = "other")]
async fn other_group(_handshake: Handshake) {
    todo!()
}

#[cfg(any())]
#[ws_endpoint("/a/b")]
async fn never(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/one/of/two")]
#[cfg(unix)]
async fn of_unix(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/one/of/two")]
#[cfg(not(unix))]
async fn of_others(_handshake: Handshake) {
    todo!()
}

fn main() {}
