//! One mistake each, as various people write it. A layer compares the origin.

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
    peers: HashMap<u64, mpsc::UnboundedSender<String>>,
    sinks: HashMap<u64, Out>,
    log: Vec<String>,
}
struct App {
    registry: RwLock<Registry>,
    sessions: Arc<RwLock<BTreeMap<u64, Out>>>,
    pool: parking_lot::Mutex<Vec<u64>>,
}

async fn l1(mut socket: WebSocket, shared: Shared) {
    while let Some(Ok(message)) = socket.recv().await {
        let mut registry = shared.lock().await; //~ lock_across_io
        registry.log.push(format!("{message:?}"));
        if socket.send(Message::text(registry.log.len().to_string())).await.is_err() {
            break;
        }
    }
}
async fn l2(mut socket: WebSocket, State(app): State<Arc<App>>) {
    while let Some(Ok(_)) = socket.recv().await {
        let registry = app.registry.read().await; //~ lock_across_io
        for line in &registry.log {
            if socket.send(Message::text(line.clone())).await.is_err() {
                return;
            }
        }
    }
}
async fn l3(mut socket: WebSocket, State(app): State<Arc<App>>) {
    while let Some(Ok(message)) = socket.recv().await {
        if let Some(sink) = app.sessions.write().await.get_mut(&1) { //~ lock_across_io
            if sink.send(message).await.is_err() {
                break;
            }
        }
    }
}
/// Doc.
#[ws_endpoint("/l4")]
async fn l4(handshake: Handshake, State(shared): State<Shared>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let guard = shared.lock().await; //~ lock_across_io
        let Some(message) = socket.recv().await? else { return Ok(()) };
        tracing::debug!(?message, lines = guard.log.len());
    }
}

async fn u1(socket: WebSocket, events: broadcast::Sender<String>) {
    let (mut sink, mut stream) = socket.split();
    let (tx, mut rx) = mpsc::unbounded_channel::<Message>(); //~ unbounded_queue
    let writer = tokio::spawn(async move {
        while let Some(message) = rx.recv().await {
            if sink.send(message).await.is_err() {
                break;
            }
        }
    });
    while let Some(Ok(message)) = stream.next().await {
        let _ = tx.send(message);
    }
    writer.abort();
}
async fn u2(socket: WebSocket, shared: Shared) {
    let (mut sink, mut stream) = socket.split();
    let (tx, mut rx) = tokio::sync::mpsc::unbounded_channel(); //~ unbounded_queue
    shared.lock().await.peers.insert(7, tx);
    loop {
        tokio::select! {
            Some(text) = rx.recv() => if sink.send(Message::text(text)).await.is_err() { break },
            message = stream.next() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
    shared.lock().await.peers.remove(&7);
}
async fn pump(mut sink: Out, mut rx: mpsc::UnboundedReceiver<Message>) { //~ unbounded_queue
    while let Some(message) = rx.recv().await {
        if sink.send(message).await.is_err() {
            return;
        }
    }
}
async fn u3(socket: WebSocket, State(app): State<Arc<App>>) {
    let (sink, mut stream) = socket.split();
    let (outbox, inbox) = mpsc::unbounded_channel();
    let pumping = tokio::spawn(pump(sink, inbox));
    while let Some(Ok(message)) = stream.next().await {
        if outbox.send(message).is_err() {
            break;
        }
    }
    pumping.abort();
}
/// Doc.
#[ws_endpoint("/u4")]
async fn u4(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (tx, mut rx) = futures_channel::mpsc::unbounded::<String>(); //~ unbounded_queue
    sender.clone().spawn(async move {
        while let Some(text) = rx.next().await {
            sender.send(text).await?;
        }
        Ok(())
    });
    while let Some(message) = receiver.recv().await? {
        let _ = tx.unbounded_send(message.as_text().unwrap_or_default().to_owned());
    }
    Ok(())
}

async fn check_token(token: &str) -> Option<u64> {
    token.parse().ok()
}
async fn n1(mut socket: WebSocket, State(app): State<Arc<App>>) {
    let Some(Ok(Message::Text(token))) = socket.recv().await else { return }; //~ login_deadline
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
/// Doc.
#[ws_endpoint("/n2")]
async fn n2(handshake: Handshake<Json<Login, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(login) = socket.recv().await? else { return Ok(()) }; //~ login_deadline
    if !verify_password(&login.user, &login.password).await {
        return Ok(());
    }
    while let Some(message) = socket.recv().await? {
        socket.send(&message.user).await?;
    }
    Ok(())
}
async fn verify_password(user: &str, password: &str) -> bool {
    user.len() == password.len()
}
async fn n3(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let first = match stream.next().await { //~ login_deadline
        Some(Ok(Message::Text(text))) => text,
        _ => return,
    };
    let Ok(auth) = serde_json::from_str::<Login>(&first) else { return };
    if !verify_password(&auth.user, &auth.password).await {
        let _ = sink.send(Message::text("wrong password")).await;
        return;
    }
    while let Some(Ok(message)) = stream.next().await {
        if sink.send(message).await.is_err() {
            return;
        }
    }
}
async fn n4(mut socket: WebSocket) {
    let user = loop {
        match socket.recv().await { //~ login_deadline
            Some(Ok(Message::Text(text))) => {
                if let Some(user) = check_token(&text).await {
                    break user;
                }
            }
            Some(Ok(_)) => continue,
            _ => return,
        }
    };
    while let Some(Ok(message)) = socket.recv().await {
        tracing::debug!(user, ?message);
    }
}

async fn k1(mut socket: WebSocket) {
    while let Some(Ok(Message::Text(text))) = socket.recv().await { //~ kind_ends_loop
        if socket.send(Message::Text(text)).await.is_err() {
            break;
        }
    }
}
async fn k2(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    loop {
        let Some(Ok(Message::Binary(data))) = stream.next().await else { break }; //~ kind_ends_loop
        if sink.send(Message::Binary(data)).await.is_err() {
            break;
        }
    }
}
async fn k3(mut socket: WebSocket) {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => tracing::info!(%text),
            _ => break, //~ kind_ends_loop
        }
    }
}
async fn k4(mut socket: WebSocket) {
    while let Some(message) = socket.recv().await {
        let Ok(Message::Text(text)) = message else { return }; //~ kind_ends_loop
        if socket.send(Message::Text(text)).await.is_err() {
            return;
        }
    }
}

async fn f1(mut socket: WebSocket, State(app): State<Arc<App>>) {
    while let Some(Ok(message)) = socket.recv().await {
        for sink in app.sessions.write().await.values_mut() { //~ lock_across_io
            let _ = sink.send(message.clone()).await; //~ fan_out_in_turn
        }
    }
}
async fn broadcast_all(sessions: &RwLock<BTreeMap<u64, Out>>, text: &str) {
    let mut sessions = sessions.write().await;
    for (_, sink) in sessions.iter_mut() {
        sink.send(Message::text(text.to_owned())).await.ok(); //~ fan_out_in_turn
    }
}
async fn f3(mut socket: WebSocket, peers: Arc<Mutex<HashMap<u64, mpsc::Sender<String>>>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let all: Vec<_> = peers.lock().await.values().cloned().collect();
        for peer in all {
            let _ = peer.send(format!("{message:?}")).await; //~ fan_out_in_turn
        }
    }
}
/// Doc.
#[ws_endpoint("/f4")]
async fn f4(handshake: Handshake, State(members): State<Arc<Mutex<Vec<Sender>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let members = members.lock().await.clone();
        for member in &members {
            member.send(message.clone()).await?; //~ fan_out_in_turn
        }
    }
    Ok(())
}

async fn c1(mut socket: WebSocket, mut tcp: TcpStream) {
    let mut head = [0u8; 4];
    loop {
        tokio::select! {
            read = tcp.read_exact(&mut head) => { //~ cancelled_read
                if read.is_err() { break; }
                if socket.send(Message::binary(head.to_vec())).await.is_err() { break; }
            }
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
}
async fn c2(mut socket: WebSocket, tcp: TcpStream) {
    let mut lines = BufReader::new(tcp);
    loop {
        let mut line = String::new();
        tokio::select! {
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
            read = lines.read_line(&mut line) => { //~ cancelled_read
                if !matches!(read, Ok(1..)) { break; }
                if socket.send(Message::text(line)).await.is_err() { break; }
            }
        }
    }
}

async fn s1(ws: WebSocketUpgrade, headers: HeaderMap) -> Response {
    tracing::info!(?headers, "upgrade"); //~ secret_in_log
    ws.on_upgrade(|socket| k1(socket))
}
#[derive(Deserialize, Debug)]
struct Credentials {
    token: String,
    room: String,
}
async fn s2(ws: WebSocketUpgrade, Query(query): Query<Credentials>) -> Response {
    tracing::debug!("joining with {query:?}"); //~ secret_in_log
    ws.on_upgrade(|socket| k1(socket))
}
async fn s3(ws: WebSocketUpgrade, headers: HeaderMap) -> Response {
    let token =
        headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    if token.is_empty() {
        tracing::warn!("no token");
    }
    tracing::info!(token = %token, "authenticated"); //~ secret_in_log
    ws.on_upgrade(|socket| k1(socket))
}
/// Doc.
#[ws_endpoint("/s4")]
async fn s4(handshake: Handshake, Query(params): Query<HashMap<String, String>>) -> sockeye::Result {
    let key = params.get("api_key").cloned().unwrap_or_default();
    println!("client connected with key {}", key); //~ secret_in_log
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
