//! Responses of upgrades that are looked at, and returned.
//! A layer of their router checks the origins.

use axum::{
    extract::ws::{Message, WebSocket, WebSocketUpgrade},
    http::HeaderValue,
    response::{IntoResponse, Response},
};

async fn logged(ws: WebSocketUpgrade) -> Response {
    let response = ws.on_upgrade(serve);
    tracing::info!(status = %response.status(), "upgraded");
    response
}

async fn marked(ws: WebSocketUpgrade) -> Response {
    let mut response = ws.on_upgrade(serve).into_response();
    response.headers_mut().insert("x-server", HeaderValue::from_static("chat"));
    if response.status().is_server_error() {
        tracing::warn!("not upgraded");
    }
    response
}

async fn in_parts(ws: WebSocketUpgrade) -> impl IntoResponse {
    let response = ws.on_upgrade(serve);
    let status = response.status();
    (status, [("x-server", "chat")], response)
}

async fn serve(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if let Message::Text(_) = message
            && socket.send(message).await.is_err()
        {
            break;
        }
    }
}
