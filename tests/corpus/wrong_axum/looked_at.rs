//! Responses of upgrades that are only looked at.
//! A layer of their router checks the origins.

use axum::{extract::{State, ws::{Message, WebSocket, WebSocketUpgrade}}, response::{IntoResponse, Response}, http::StatusCode};

async fn looked(ws: WebSocketUpgrade) -> StatusCode {
    let response = ws.on_upgrade(serve); //~ dropped_upgrade
    response.status()
}

async fn looked2(ws: WebSocketUpgrade) -> impl IntoResponse {
    let response = ws.on_upgrade(serve); //~ dropped_upgrade
    tracing::info!(status = %response.status(), "upgraded");
    StatusCode::OK
}

async fn looked3(ws: WebSocketUpgrade) -> StatusCode {
    let response = ws.on_upgrade(|socket| async move { serve(socket).await }).into_response(); //~ dropped_upgrade
    let status = response.status();
    if status.is_success() {
        return StatusCode::OK;
    }
    status
}

async fn looked4(ws: WebSocketUpgrade) -> StatusCode {
    ws.on_upgrade(serve).status() //~ dropped_upgrade
}

async fn serve(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
}
