//! Nothing wrong, as various people write it. A layer compares the origin.

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use serde::Deserialize;
use sockeye::{Handshake, Json, Sender, Socket, ws_endpoint, ws_lifecycle};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::TcpStream,
    sync::{Mutex, RwLock, broadcast, mpsc},
};

type Out = SplitSink<WebSocket, Message>;
type Shared = Arc<Mutex<Registry>>;
#[derive(Default)]
struct Registry {
    peers: HashMap<u64, mpsc::Sender<String>>,
    log: Vec<String>,
}
struct App {
    registry: RwLock<Registry>,
    sessions: Arc<RwLock<BTreeMap<u64, mpsc::Sender<Message>>>>,
    pool: parking_lot::Mutex<Vec<u64>>,
}

async fn l1(mut socket: WebSocket, shared: Shared) {
    while let Some(Ok(message)) = socket.recv().await {
        let count = {
            let mut registry = shared.lock().await;
            registry.log.push(format!("{message:?}"));
            registry.log.len()
        };
        if socket.send(Message::text(count.to_string())).await.is_err() {
            break;
        }
    }
}
async fn l2(mut socket: WebSocket, State(app): State<Arc<App>>) {
    while let Some(Ok(_)) = socket.recv().await {
        let lines = app.registry.read().await.log.clone();
        for line in lines {
            if socket.send(Message::text(line)).await.is_err() {
                return;
            }
        }
    }
}
async fn l3(mut socket: WebSocket, State(app): State<Arc<App>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let peer = app.sessions.read().await.get(&1).cloned();
        if let Some(peer) = peer {
            let _ = peer.try_send(message);
        }
        let pool = app.pool.lock().len();
        if socket.send(Message::text(pool.to_string())).await.is_err() {
            return;
        }
    }
}
/// Doc.
#[ws_endpoint("/l4")]
async fn l4(handshake: Handshake, State(shared): State<Shared>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let guard = shared.lock().await;
        let lines = guard.log.len();
        drop(guard);
        let Some(message) = socket.recv().await? else { return Ok(()) };
        tracing::debug!(?message, lines);
    }
}
/// One sink behind a lock of its own.
async fn l5(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(Mutex::new(sink));
    while let Some(Ok(message)) = stream.next().await {
        let mut out = sink.lock().await;
        if out.send(message).await.is_err() {
            break;
        }
    }
}

async fn u1(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let (tx, mut rx) = mpsc::channel::<Message>(32);
    let writer = tokio::spawn(async move {
        while let Some(message) = rx.recv().await {
            if sink.send(message).await.is_err() {
                break;
            }
        }
    });
    while let Some(Ok(message)) = stream.next().await {
        if tx.send(message).await.is_err() {
            break;
        }
    }
    writer.abort();
}
async fn check_token(token: &str) -> Option<u64> {
    token.parse().ok()
}
async fn n1(mut socket: WebSocket) {
    let first = tokio::time::timeout(Duration::from_secs(5), socket.recv()).await;
    let Ok(Some(Ok(Message::Text(token)))) = first else { return };
    let Some(user) = check_token(&token).await else { return };
    while let Some(Ok(message)) = socket.recv().await {
        tracing::debug!(user, ?message);
    }
}
#[derive(Deserialize)]
struct Login {
    user: String,
    password: String,
}
async fn verify_password(user: &str, password: &str) -> bool {
    user.len() == password.len()
}
/// Doc.
#[ws_endpoint("/n2")]
async fn n2(handshake: Handshake<Json<Login, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let login = tokio::select! {
        login = socket.recv() => login?,
        _ = tokio::time::sleep(Duration::from_secs(10)) => return Ok(()),
    };
    let Some(login) = login else { return Ok(()) };
    if !verify_password(&login.user, &login.password).await {
        return Ok(());
    }
    while let Some(message) = socket.recv().await? {
        socket.send(&message.user).await?;
    }
    Ok(())
}
async fn login(socket: &mut WebSocket) -> Option<u64> {
    let Some(Ok(Message::Text(token))) = socket.recv().await else { return None };
    check_token(&token).await
}
async fn n3(mut socket: WebSocket) {
    let Ok(Some(user)) = tokio::time::timeout(Duration::from_secs(5), login(&mut socket)).await else {
        return;
    };
    while let Some(Ok(message)) = socket.recv().await {
        tracing::debug!(user, ?message);
    }
}
/// No login: the first message is a topic.
async fn n4(mut socket: WebSocket) {
    let Some(Ok(Message::Text(topic))) = socket.recv().await else { return };
    while let Some(Ok(message)) = socket.recv().await {
        tracing::debug!(%topic, ?message);
    }
}

async fn k1(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        if socket.send(Message::Text(text)).await.is_err() {
            break;
        }
    }
}
async fn k2(mut socket: WebSocket) {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => tracing::info!(%text),
            Some(Ok(Message::Close(_))) | Some(Err(_)) | None => break,
            Some(Ok(_)) => {}
        }
    }
}
async fn k3(mut socket: WebSocket) {
    while let Some(message) = socket.recv().await {
        match message {
            Ok(Message::Text(text)) => tracing::info!(%text),
            Ok(Message::Binary(_)) => {
                let _ = socket.send(Message::text("text only")).await;
                break;
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
}
async fn f1(mut socket: WebSocket, State(app): State<Arc<App>>) {
    while let Some(Ok(message)) = socket.recv().await {
        for peer in app.sessions.read().await.values() {
            let _ = peer.try_send(message.clone());
        }
    }
}
async fn f2(mut socket: WebSocket, peers: Arc<Mutex<HashMap<u64, mpsc::UnboundedSender<String>>>>) {
    while let Some(Ok(message)) = socket.recv().await {
        peers.lock().await.retain(|_, peer| peer.send(format!("{message:?}")).is_ok());
    }
}
async fn f3(mut socket: WebSocket, lines: Vec<String>) {
    for line in lines {
        if socket.send(Message::text(line)).await.is_err() {
            return;
        }
    }
    while let Some(Ok(_)) = socket.recv().await {}
}
/// Doc.
#[ws_endpoint("/f4")]
async fn f4(handshake: Handshake, State(members): State<Arc<Mutex<Vec<Sender>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let members = members.lock().await.clone();
        let all = members.iter().map(|member| member.send(message.clone()));
        futures_util::future::join_all(all).await;
    }
    Ok(())
}

async fn c1(mut socket: WebSocket, mut tcp: TcpStream) {
    let mut buffer = [0u8; 1024];
    loop {
        tokio::select! {
            read = tcp.read(&mut buffer) => {
                let Ok(count @ 1..) = read else { break };
                if socket.send(Message::binary(buffer[..count].to_vec())).await.is_err() { break; }
            }
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
}
async fn c2(mut socket: WebSocket, tcp: TcpStream) {
    let mut lines = BufReader::new(tcp).lines();
    loop {
        tokio::select! {
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
            line = lines.next_line() => {
                let Ok(Some(line)) = line else { break };
                if socket.send(Message::text(line)).await.is_err() { break; }
            }
        }
    }
}

async fn s1(ws: WebSocketUpgrade, headers: HeaderMap) -> Response {
    tracing::info!(agent = ?headers.get("user-agent"), count = headers.len(), "upgrade");
    ws.on_upgrade(|socket| k1(socket))
}
#[derive(Deserialize, Debug)]
struct Credentials {
    token: String,
    room: String,
}
async fn s2(ws: WebSocketUpgrade, Query(query): Query<Credentials>) -> Response {
    tracing::debug!("joining {} with a token of {} bytes", query.room, query.token.len());
    ws.on_upgrade(|socket| k1(socket))
}
async fn s3(ws: WebSocketUpgrade, headers: HeaderMap) -> Response {
    let token =
        headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let has_token = !token.is_empty();
    tracing::info!(has_token, "authenticated");
    let user = user_of(&token).await;
    tracing::info!(user, "authenticated");
    ws.on_upgrade(|socket| k1(socket))
}
async fn user_of(token: &str) -> u64 {
    token.len() as u64
}
