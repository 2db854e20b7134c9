use axum::{http::StatusCode, response::IntoResponse};
use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws/response")]
async fn response(_handshake: Handshake) -> impl IntoResponse {
    "hello"
}

/// Documented.
#[ws_endpoint("/ws/pair")]
async fn pair(_handshake: Handshake) -> (u16, &'static str) {
    (404, "no such room")
}

/// Documented.
#[ws_endpoint("/ws/text")]
async fn text(_handshake: Handshake) -> &'static str {
    "hello"
}

/// Documented.
#[ws_endpoint("/ws/never")]
async fn never(_handshake: Handshake) -> ! {
    std::process::exit(1)
}

/// As axum's handlers refuse.
#[ws_endpoint("/ws/status")]
async fn status(handshake: Handshake) -> Result<(), StatusCode> {
    if handshake.origin().is_none() {
        return Err(StatusCode::FORBIDDEN);
    }
    let mut socket = handshake.accept().await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    while let Ok(Some(message)) = socket.recv().await {
        socket.send(message).await.map_err(|_| StatusCode::GONE)?;
    }
    Ok(())
}

/// The same, with a text.
#[ws_endpoint("/ws/status_and_text")]
async fn status_and_text(_handshake: Handshake) -> (StatusCode, String) {
    (StatusCode::FORBIDDEN, "browsers only".to_owned())
}

/// The error of `?` has nowhere to go.
#[ws_endpoint("/ws/question")]
async fn question(handshake: Handshake) {
    if handshake.origin().is_none() {
        handshake.reject(StatusCode::FORBIDDEN, "browsers only");
        return;
    }
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
}

/// Only the type is missing.
#[ws_endpoint("/ws/ok")]
async fn ok(handshake: Handshake) {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Hidden, with `?` in the body.
#[ws_endpoint("/ws/hidden")]
async fn hidden(handshake: Handshake) -> impl IntoResponse {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The `Result` of the standard library.
#[ws_endpoint("/ws/incomplete")]
async fn incomplete(handshake: Handshake) -> Result<()> {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

fn main() {}
