#![forbid(unsafe_code)]
#![deny(missing_docs, warnings, unreachable_pub, rust_2018_idioms, unused_qualifications, unused_results)]
//! A crate with strict lints of its own sees nothing of the expansion.

use axum::extract::{Path, State};
use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws/{id}", origins = any)]
pub async fn chat(handshake: Handshake, Path(id): Path<u64>, State(_name): State<String>) -> sockeye::Result {
    let _ = id;
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// In a body.
pub fn local() {
    /// Documented.
    #[ws_endpoint("/local")]
    async fn local(_handshake: Handshake) {
        todo!()
    }
}

fn main() {
    local();
}
