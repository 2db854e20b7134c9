//! A WebSocket route that is plain axum still. `cargo sockeye check` reads it all the same.

use axum::{
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use sockeye::ws_lifecycle;

use crate::app::AppState;

/// Answers the name of an item with how many there are.
// axum lets pages of every origin connect. Here that is meant, so the check is told; as an endpoint of Sockeye's this would
// say `origins = any` instead.
#[ws_lifecycle(allow(unchecked_origin, reason = "what is in stock is public, and no cookie says who asks"))]
pub(crate) async fn ask(upgrade: WebSocketUpgrade, State(app): State<AppState>) -> Response {
    upgrade.on_upgrade(async move |socket| answer(socket, app).await)
}

/// What Sockeye would say of an end that is no good end is left to this function: nobody logs it.
async fn answer(mut socket: WebSocket, app: AppState) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(item) = message else { continue };
        let answer =
            app.count(&item).map_or_else(|| format!("{item} is not sold here"), |count| count.to_string());
        if socket.send(answer.into()).await.is_err() {
            return;
        }
    }
}
