//! The first route that was moved: open to everybody.

use axum::extract::State;
use sockeye::{Handshake, Json, ws_endpoint};

use crate::app::{AppState, Change};

/// Tells every change of the stock, from now on. What a client sends is read and dropped.
#[ws_endpoint("/ws/changes")]
async fn changes(
    handshake: Handshake<Json<serde_json::Value, Change>>,
    State(app): State<AppState>,
) -> sockeye::Result {
    // Before it accepts: who has been told that the connection is open misses no change from then on.
    let feed = app.changes().subscribe();
    let socket = handshake.accept().await?;
    socket.forward(feed).await
}
