//! Functions that only look at an upgrade, or pass it on, and blocks of which one is compiled.

use axum::{
    extract::ws::{WebSocket, WebSocketUpgrade},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

/// What a test prints.
pub(super) fn show(upgrade: &WebSocketUpgrade) -> String {
    format!("{upgrade:?}")
}

/// With settings of the program.
pub(super) fn small(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade.max_message_size(1024)
}

/// Of two blocks one is compiled.
pub(super) async fn tail(headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if headers.get(header::ORIGIN).is_none_or(|origin| origin != "https://example.org") {
        return StatusCode::FORBIDDEN.into_response();
    }
    #[cfg(not(coverage))]
    {
        small(upgrade).on_upgrade(echo)
    }
    #[cfg(coverage)]
    {
        StatusCode::NO_CONTENT.into_response()
    }
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}
