use axum::extract::State;
use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws/type")]
async fn of_type<T: Clone + Send + Sync + 'static>(handshake: Handshake, State(state): State<T>) -> sockeye::Result {
    let _ = (handshake, state);
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/const")]
async fn of_size<const SIZE: usize>(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/lifetime")]
async fn of_lifetime<'a>(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/where")]
async fn bounded(_handshake: Handshake)
where
    String: Clone,
{
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/open")]
async fn open(_handshake: Handshake, _with: impl Into<String>, _in: State<impl Clone>) {
    todo!()
}

fn main() {}
