//! Upgrades that any web page can open with its visitor's cookies.

use axum::{
    Router,
    extract::{
        Path, State,
        ws::{WebSocket, WebSocketUpgrade},
    },
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::any,
};

fn app() -> Router {
    Router::new().route("/ws", any(plain))
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
}

async fn plain(ws: WebSocketUpgrade) -> Response { //~ unchecked_origin
    ws.on_upgrade(echo)
}

async fn with_cookies(
    ws: WebSocketUpgrade, //~ unchecked_origin
    headers: HeaderMap,
) -> impl IntoResponse {
    let session = headers.get("cookie").cloned();
    ws.on_upgrade(move |socket| async move {
        tracing::info!(?session); //~ secret_in_log
        echo(socket).await
    })
}

async fn second(Path(room): Path<String>, ws: WebSocketUpgrade) -> Response { //~ unchecked_origin
    ws.protocols([room]).on_upgrade(echo)
}

async fn third(
    State(limit): State<usize>,
    Path(_room): Path<String>,
    ws: axum::extract::ws::WebSocketUpgrade, //~ unchecked_origin
) -> Response {
    ws.max_message_size(limit).on_upgrade(echo)
}

struct Rooms {
    limit: usize,
}

impl Rooms {
    async fn open(&self, ws: WebSocketUpgrade) -> Response { //~ unchecked_origin
        ws.max_message_size(self.limit).on_upgrade(echo)
    }
}

async fn optional(ws: Option<WebSocketUpgrade>) -> Response { //~ unchecked_origin
    match ws {
        Some(ws) => ws.on_upgrade(echo),
        None => "this is a WebSocket".into_response(),
    }
}

async fn in_arms(ws: WebSocketUpgrade, State(open): State<bool>) -> Response { //~ unchecked_origin
    if open { ws.on_upgrade(echo) } else { "closed".into_response() }
}

async fn other_type(upgrade: WebSocketUpgrade) -> axum::response::Result<Response> { //~ unchecked_origin
    Ok(upgrade.on_upgrade(|socket| async move { echo(socket).await }))
}
