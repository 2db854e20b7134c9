use axum::extract::{Path, State};
use sockeye::{Json, Socket, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws/nothing")]
async fn nothing() -> sockeye::Result {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/{id}")]
async fn other_first(Path(id): Path<u64>, State(name): State<String>) -> sockeye::Result {
    let _ = (id, name);
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/number")]
async fn number(id: u64) {
    let _ = id;
    todo!()
}

/// The socket is what `accept` returns.
#[ws_endpoint("/ws/socket")]
async fn socket(mut socket: Socket<Json<String>>) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

fn main() {}
