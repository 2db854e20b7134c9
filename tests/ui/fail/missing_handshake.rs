use axum::extract::{Path, State};
use sockeye::ws_endpoint;

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

fn main() {}
