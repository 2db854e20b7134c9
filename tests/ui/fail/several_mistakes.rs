//! Everything that is wrong is reported at once, and nothing else.

use axum::extract::Path;
use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws/:room", max_mesage = "64 KiB", origins = ["wss://app.example.com"])]
pub fn chat(Path(room): Path<u64>, handshake: Handshake, name: &str) -> &'static str {
    let _ = (room, handshake, name);
    "bye"
}

fn main() {}
