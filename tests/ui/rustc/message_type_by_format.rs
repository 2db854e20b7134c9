//! A derive is forgotten on a message in a binary format.

use axum::http::StatusCode;
use sockeye::{Handshake, MessagePack, Protobuf, ws_endpoint};

pub struct Question {
    pub left: i64,
}

/// What serde does not read.
#[ws_endpoint("/ws/read")]
async fn read(handshake: Handshake<MessagePack<Question, u8>>) -> sockeye::Result {
    Err(handshake.reject(StatusCode::GONE, "no news"))
}

/// What is no message of prost.
#[ws_endpoint("/ws/protobuf")]
async fn protobuf(handshake: Handshake<Protobuf<Question, ()>>) -> sockeye::Result {
    Err(handshake.reject(StatusCode::GONE, "no news"))
}

fn main() {}
