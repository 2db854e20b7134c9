//! Every form of every value.

use sockeye::{Handshake, ws_endpoint};

#[ws_endpoint("/a", origins = any, heartbeat = off, max_message_size = "65536")]
async fn a(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/b", origins = [], subprotocols = [], heartbeat = "500ms", max_message_size = "1 MiB")]
async fn b(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/c", heartbeat = "2m", max_message_size = "64 KB", subprotocols = ["graphql-transport-ws"])]
async fn c(_handshake: Handshake) {
    todo!()
}

fn main() {}
