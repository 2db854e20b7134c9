//! What would have been `self` is a value of the server's.

use axum::extract::State;
use sockeye::{Handshake, ws_endpoint};

#[derive(Clone)]
struct Chat {
    room: &'static str,
}

#[ws_endpoint("/ws")]
async fn chat(_handshake: Handshake, State(this): State<Chat>) {
    let _ = this.room;
    todo!()
}

fn main() {}
