use axum::extract::{State, ws::WebSocketUpgrade};
use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws/first")]
async fn first(upgrade: WebSocketUpgrade, State(name): State<String>) -> sockeye::Result {
    let _ = (upgrade, name);
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/beside")]
async fn beside(handshake: Handshake, upgrade: axum::extract::ws::WebSocketUpgrade) -> sockeye::Result {
    let _ = (handshake, upgrade);
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/socket")]
async fn socket(mut socket: axum::extract::ws::WebSocket) -> sockeye::Result {
    while let Some(message) = socket.recv().await {
        let _ = message;
    }
    Ok(())
}

fn main() {}
