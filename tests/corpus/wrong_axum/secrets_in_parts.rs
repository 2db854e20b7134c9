//! Secrets in the log, by way of a URI, an enum, a helper or a struct. A layer compares the origin.
use std::{collections::HashMap, sync::Arc};
use axum::extract::{Query, State, OriginalUri, ws::{Message, WebSocket, WebSocketUpgrade}};
use axum::http::{HeaderMap, Uri, Request};
use axum::response::Response;
use serde::Deserialize;
use sockeye::{Handshake, Json, Socket, ws_endpoint};
use tracing::info;

#[derive(Debug, Deserialize)]
struct Auth { token: String, room: u32 }
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
enum Hello { Login { user: String, password: String }, Ping }
#[derive(Debug, Deserialize)]
struct Login { user: String, password: String }
#[derive(Debug)]
struct Session { user: String, token: String }

async fn talk(mut socket: WebSocket) { while let Some(Ok(_)) = socket.recv().await {} }

/// Uri.
async fn s1(ws: WebSocketUpgrade, uri: Uri, Query(auth): Query<Auth>) -> Response {
    info!("connect {uri}"); //~ secret_in_log
    let _ = auth.token.len();
    ws.on_upgrade(talk)
}
/// OriginalUri.
async fn s2(ws: WebSocketUpgrade, OriginalUri(uri): OriginalUri, Query(params): Query<HashMap<String, String>>) -> Response {
    let Some(token) = params.get("token") else { return ws.on_upgrade(talk) };
    tracing::info!(uri = %uri, len = token.len(), "connected"); //~ secret_in_log
    ws.on_upgrade(talk)
}
/// Field in helper.
fn note(login: &Login) {
    info!("login {} {}", login.user, login.password);
}
async fn s3(mut socket: WebSocket) {
    while let Some(Ok(Message::Text(text))) = socket.recv().await { //~ kind_ends_loop
        let Ok(login) = serde_json::from_str::<Login>(&text) else { continue };
        note(&login); //~ secret_in_log
    }
}
/// Debug struct.
async fn s4(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        match serde_json::from_str::<Hello>(&text) {
            Ok(hello) => tracing::debug!("got {hello:?}"), //~ secret_in_log
            Err(error) => tracing::debug!(%error),
        }
    }
}
/// {:?} of self.
impl Session {
    fn open(user: String, token: String) -> Self { Self { user, token } }
    fn log(&self) { tracing::info!("{:?}", self); }
    fn greet(&self) { tracing::info!(session = ?self, "open"); }
    fn count(&self) { tracing::info!(len = self.token.len(), self.user); }
    fn trace(&self) { tracing::trace!("token {}", self.token); }
}
async fn s5(ws: WebSocketUpgrade, Query(auth): Query<Auth>) -> Response {
    let session = Session::open("x".to_owned(), auth.token.clone());
    session.greet(); //~ secret_in_log
    session.count();
    session.trace(); //~ secret_in_log
    ws.on_upgrade(talk)
}
#[derive(Debug)]
struct Guest { socket: WebSocket, token: String }
impl Guest {
    async fn run(mut self) {
        tracing::debug!("{self:?}"); //~ secret_in_log
        while let Some(Ok(_)) = self.socket.recv().await {}
    }
}
struct AuthMessage { token: String }
fn verify(auth: &AuthMessage) -> bool {
    tracing::info!("verify login with {}", auth.token);
    auth.token.starts_with("v1")
}
async fn s15(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Ok(text) = message.to_text() else { continue };
        let Ok(auth) = serde_json::from_str::<AuthMessage>(text) else { continue };
        if !verify(&auth) { break } //~ secret_in_log
    }
}
/// Struct made of the request.
async fn s6(ws: WebSocketUpgrade, Query(auth): Query<Auth>) -> Response {
    let session = Session { user: "x".into(), token: auth.token };
    info!(?session, "new session"); //~ secret_in_log
    ws.on_upgrade(talk)
}
/// Sockeye uri.
/// Doc.
#[ws_endpoint("/s7")]
async fn s7(handshake: Handshake, uri: Uri, Query(auth): Query<Auth>) -> sockeye::Result {
    tracing::info!(%uri, auth.room, "handshake"); //~ secret_in_log
    let mut socket = handshake.accept().await?;
    while let Some(m) = socket.recv().await? { socket.send(m).await?; }
    Ok(())
}
/// Sockeye json message.
/// Doc.
#[ws_endpoint("/s8")]
async fn s8(handshake: Handshake<Json<Login, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(login) = socket.recv().await? {
        audit(&login.user, &login.password); //~ secret_in_log
        socket.send(login.user).await?;
    }
    Ok(())
}
fn audit(user: &str, password: &str) {
    tracing::warn!("{user} tried {password}");
}
/// Request.
async fn s9(ws: WebSocketUpgrade, Query(auth): Query<Auth>, headers: HeaderMap) -> Response {
    tracing::debug!(?auth); //~ secret_in_log
    ws.on_upgrade(talk)
}
/// Uri.query().
async fn s10(ws: WebSocketUpgrade, uri: Uri, Query(auth): Query<Auth>) -> Response {
    info!("query {:?}", uri.query()); //~ secret_in_log
    ws.on_upgrade(move |s| async move { let _ = auth.token; talk(s).await })
}
/// Variants.
/// Doc.
#[ws_endpoint("/s11")]
async fn s11(handshake: Handshake<Json<Hello, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(hello) = socket.recv().await? {
        match hello {
            Hello::Login { user, password } => { tracing::info!(user, password, "login"); } //~ secret_in_log
            Hello::Ping => socket.send("pong".to_owned()).await?,
        }
    }
    Ok(())
}
/// Method logs fields.
struct Gate { users: HashMap<String, String> }
impl Gate {
    fn check(&self, login: &Login) -> bool {
        tracing::debug!("checking {} with {}", login.user, login.password);
        self.users.get(&login.user).is_some_and(|p| *p == login.password)
    }
}
async fn s12(mut socket: WebSocket, State(gate): State<Arc<Gate>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let Ok(text) = message.to_text() else { continue };
        let Ok(login) = serde_json::from_str::<Login>(text) else { continue };
        if !gate.check(&login) { break } //~ secret_in_log
    }
}
/// Whole debug of parsed message in sockeye.
/// Doc.
#[ws_endpoint("/s13")]
async fn s13(handshake: Handshake<Json<Login, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(login) = socket.recv().await? {
        log::info!("received {:?}", login); //~ secret_in_log
        socket.send(login.user).await?;
    }
    Ok(())
}
/// Uri with token read by parse.
async fn s14(ws: WebSocketUpgrade, uri: Uri) -> Response {
    let token = uri.query().and_then(|q| q.strip_prefix("token=")).unwrap_or_default();
    tracing::info!("{} opens {}", token.len(), uri); //~ secret_in_log
    ws.on_upgrade(talk)
}
