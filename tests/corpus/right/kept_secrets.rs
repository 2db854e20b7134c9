//! What may be written to the log. A layer compares the origin.
use axum::extract::{
    OriginalUri, Query, State,
    ws::{Message, WebSocket, WebSocketUpgrade},
};
use axum::http::{HeaderMap, Uri, request::Parts};
use axum::response::Response;
use serde::Deserialize;
use sockeye::{Handshake, Json, ws_endpoint};
use std::{collections::HashMap, sync::Arc};
use tracing::info;

#[derive(Deserialize)]
struct Auth {
    token: String,
    room: u32,
}
#[derive(Debug, Deserialize)]
struct Room {
    room: u32,
}
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
enum Hello {
    Join { user: String, room: u32 },
    Ping,
}
#[derive(Deserialize)]
struct Login {
    user: String,
    password: String,
}
struct Session {
    user: String,
    token: String,
}
impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("user", &self.user).finish_non_exhaustive()
    }
}
impl Session {
    fn log(&self) {
        tracing::info!("{:?} {}", self, self.token.len());
    }
    fn name(&self) {
        tracing::info!(user = self.user, "open");
    }
}

async fn talk(mut socket: WebSocket) {
    while let Some(Ok(_)) = socket.recv().await {}
}

/// The path only.
async fn path(ws: WebSocketUpgrade, uri: Uri, Query(auth): Query<Auth>) -> Response {
    info!("connect {} {}", uri.path(), auth.token.len());
    ws.on_upgrade(talk)
}
/// A query without a secret.
async fn room(ws: WebSocketUpgrade, OriginalUri(uri): OriginalUri, Query(room): Query<Room>) -> Response {
    info!("connect {uri} {room:?}");
    ws.on_upgrade(talk)
}
/// The token is in a header.
async fn header(ws: WebSocketUpgrade, uri: Uri, headers: HeaderMap) -> Response {
    let token = headers.get("authorization");
    info!(%uri, has_token = token.is_some());
    ws.on_upgrade(talk)
}
async fn session(ws: WebSocketUpgrade, Query(auth): Query<Auth>) -> Response {
    let session = Session { user: "x".into(), token: auth.token };
    info!(?session, "new session");
    session.log();
    session.name();
    ws.on_upgrade(talk)
}
async fn hello(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        match serde_json::from_str::<Hello>(&text) {
            Ok(hello) => tracing::debug!("got {hello:?}"),
            Err(error) => tracing::debug!(%error),
        }
    }
}
fn note(login: &Login) {
    info!("login {} {}", login.user, login.password.len());
}
/// Says who logs in.
#[ws_endpoint("/secrets/login")]
async fn login(handshake: Handshake<Json<Login, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(login) = socket.recv().await? {
        note(&login);
        socket.send(login.user).await?;
    }
    Ok(())
}
/// Words of a small language.
struct Word<'t> {
    token: &'t str,
    at: usize,
}
impl Word<'_> {
    fn show(&self) {
        tracing::trace!("invalid {} at {}", self.token, self.at);
    }
}
fn lex(token: &str) -> bool {
    tracing::debug!("invalid token {token}");
    token.is_empty()
}
async fn calculator(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Ok(text) = message.to_text() else { continue };
        for (at, token) in text.split(' ').enumerate() {
            lex(token);
            Word { token, at }.show();
        }
    }
}
/// What the program itself keeps.
#[derive(Debug)]
struct Config {
    secret: String,
    port: u16,
}
struct Gate {
    config: Config,
}
impl Gate {
    fn check(&self, login: &Login) -> bool {
        tracing::debug!("checking {}", login.user);
        login.password == self.config.secret
    }
}
async fn gated(mut socket: WebSocket, State(gate): State<Arc<Gate>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let Ok(text) = message.to_text() else { continue };
        let Ok(login) = serde_json::from_str::<Login>(text) else { continue };
        if !gate.check(&login) {
            break;
        }
    }
}
