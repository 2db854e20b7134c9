//! Upgrades whose response never reaches the client. The check of `Origin` is somewhere in this file.

use axum::{
    extract::{
        State,
        ws::{self, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, StatusCode, header::ORIGIN},
    response::{IntoResponse, Response},
};

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
}

async fn statement(ws: WebSocketUpgrade) {
    ws.on_upgrade(echo); //~ dropped_upgrade
}

async fn underscore(ws: WebSocketUpgrade) -> StatusCode {
    let _ = ws.on_upgrade(|socket| echo(socket)); //~ dropped_upgrade
    StatusCode::SWITCHING_PROTOCOLS
}

async fn checked(ws: WebSocketUpgrade, headers: HeaderMap) -> Response {
    if headers.get(ORIGIN).is_some_and(|origin| origin != "https://app.example.com") {
        return StatusCode::FORBIDDEN.into_response();
    }
    ws.protocols(["v1"])
        .on_upgrade(echo); //~ dropped_upgrade
    StatusCode::OK.into_response()
}

async fn unused(
    _ws: WebSocketUpgrade, //~? dropped_upgrade
    State(name): State<String>,
) -> String {
    name
}

async fn in_arm(ws: WebSocketUpgrade, State(open): State<bool>) -> Response {
    match open {
        true => {
            let _ = ws.on_upgrade(echo); //~ dropped_upgrade
            StatusCode::OK.into_response()
        }
        false => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn in_branch(ws: WebSocketUpgrade, State(open): State<bool>) -> impl IntoResponse {
    if open {
        ws.max_message_size(1024).on_upgrade(move |socket| async move { echo(socket).await }); //~ dropped_upgrade
    }
    StatusCode::OK
}

async fn unused_by_path(upgrade: ws::WebSocketUpgrade) -> &'static str { //~ dropped_upgrade
    "this is a WebSocket"
}

async fn then_something(ws: WebSocketUpgrade) -> Result<StatusCode, StatusCode> {
    let limit = 64 * 1024;
    ws.max_frame_size(limit).on_upgrade(async |socket| echo(socket).await); //~ dropped_upgrade
    Ok(StatusCode::OK)
}

async fn looked_at(ws: WebSocketUpgrade) -> Response {
    ws.on_upgrade(echo).status(); //~ dropped_upgrade
    StatusCode::SWITCHING_PROTOCOLS.into_response()
}

async fn converted(ws: WebSocketUpgrade) -> Response {
    ws.on_upgrade(echo).into_response(); //~ dropped_upgrade
    StatusCode::OK.into_response()
}

async fn status_of(ws: WebSocketUpgrade) -> StatusCode {
    let status = ws.max_message_size(1024).on_upgrade(echo).status(); //~ dropped_upgrade
    status
}

async fn underscore_converted(ws: WebSocketUpgrade) -> impl IntoResponse {
    let _ = ws.on_upgrade(|socket| async move { echo(socket).await }).into_response(); //~ dropped_upgrade
    StatusCode::OK
}

async fn named_and_forgotten(ws: WebSocketUpgrade) -> StatusCode {
    let _response = ws.on_upgrade(echo).into_response(); //~ dropped_upgrade
    StatusCode::OK
}

async fn given_up(ws: WebSocketUpgrade) -> StatusCode {
    drop(ws.on_upgrade(echo)); //~ dropped_upgrade
    StatusCode::NO_CONTENT
}

/// The task has the response, and nobody takes it from there.
async fn in_a_task(ws: WebSocketUpgrade) -> &'static str {
    tokio::spawn(async move { ws.on_upgrade(echo) }); //~ dropped_upgrade
    "upgrading"
}

async fn in_a_task_with_a_limit(ws: WebSocketUpgrade) -> impl IntoResponse {
    let _task = tokio::spawn(async move {
        tracing::info!("upgrading");
        ws.max_message_size(1024).on_upgrade(echo).into_response() //~ dropped_upgrade
    });
    StatusCode::ACCEPTED
}

/// The upgrade is set up, and never answered.
async fn set_up(ws: WebSocketUpgrade, State(name): State<String>) -> String {
    let _ws = ws.protocols(["v1"]); //~ dropped_upgrade
    name
}

async fn set_up_and_dropped(ws: WebSocketUpgrade) -> StatusCode {
    drop(ws.max_message_size(1024).protocols(["v1"])); //~ dropped_upgrade
    StatusCode::OK
}
