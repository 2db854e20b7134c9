use axum::extract::{Path, State};
use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws/{id}")]
async fn chat(Path(id): Path<u64>, State(name): State<String>, handshake: Handshake) -> sockeye::Result {
    let _ = (id, name);
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn main() {}
