//! A derive of serde's is forgotten on a message.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sockeye::{Handshake, Json, ws_endpoint};

pub struct Question {
    pub left: i64,
}

#[derive(Serialize)]
pub struct Answer {
    pub sum: i64,
}

#[derive(Deserialize)]
pub struct Command {
    pub pause: bool,
}

// With a trait of its own, only the type shows what it is.
impl AsRef<i64> for Question {
    fn as_ref(&self) -> &i64 {
        &self.left
    }
}

impl AsRef<bool> for Command {
    fn as_ref(&self) -> &bool {
        &self.pause
    }
}

/// What is read, within a type of the standard library.
#[ws_endpoint("/ws/read")]
async fn read(handshake: Handshake<Json<Vec<Question>, Answer>>) -> sockeye::Result {
    // An error at `accept` names files of serde's here, whose place is not the same everywhere.
    Err(handshake.reject(StatusCode::GONE, "no news"))
}

/// What is written, within a type of the standard library.
#[ws_endpoint("/ws/written")]
async fn written(handshake: Handshake<Json<Command, Vec<Command>>>) -> sockeye::Result {
    Err(handshake.reject(StatusCode::GONE, "no news"))
}

fn main() {}
