//! Helpers of the same file that send, receive or close, used rightly.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    extract::{
        Path,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    io::AsyncReadExt as _,
    net::TcpStream,
    sync::{Mutex, mpsc},
    time::timeout,
};

const ORIGIN: &str = "checked elsewhere";
const PING: &str = "a proxy pings";

async fn push(socket: &mut WebSocket, text: String) -> Result<(), axum::Error> {
    socket.send(Message::Text(text.into())).await
}

async fn push_if_open(socket: &mut WebSocket, text: String) -> bool {
    socket.send(Message::Text(text.into())).await.is_ok()
}

async fn replay(socket: &mut WebSocket, history: &[String]) -> Result<(), axum::Error> {
    for line in history {
        socket.send(Message::Text(line.clone().into())).await?;
    }
    Ok(())
}

async fn bye(socket: &mut WebSocket, why: &str) {
    tracing::info!(why);
    let _ = socket.send(Message::Close(None)).await;
}

async fn replayed(mut socket: WebSocket, history: Vec<String>) {
    if replay(&mut socket, &history).await.is_err() {
        return;
    }
    while let Some(Ok(message)) = socket.recv().await {
        if !push_if_open(&mut socket, format!("{message:?}")).await {
            break;
        }
    }
}

async fn once(mut socket: WebSocket) {
    if push(&mut socket, "the only message".into()).await.is_ok() {
        bye(&mut socket, "done").await;
    }
}

async fn feed(mut socket: WebSocket, mut events: mpsc::Receiver<String>) {
    loop {
        tokio::select! {
            Some(event) = events.recv() => {
                if let Err(error) = push(&mut socket, event).await {
                    tracing::warn!(%error, "not sent");
                    break;
                }
            }
            message = socket.recv() => match message {
                Some(Ok(_)) => {}
                _ => break,
            },
        }
    }
}

async fn login(socket: &mut WebSocket) -> Option<String> {
    let Some(Ok(Message::Text(token))) = socket.recv().await else { return None };
    verify_token(&token)
}

async fn patient_login(socket: &mut WebSocket) -> Option<String> {
    let first = timeout(Duration::from_secs(5), socket.recv()).await.ok()?;
    let Some(Ok(Message::Text(token))) = first else { return None };
    verify_token(&token)
}

fn verify_token(token: &str) -> Option<String> {
    Some(token.to_owned())
}

async fn account(mut socket: WebSocket) {
    let Ok(Some(user)) = timeout(Duration::from_secs(10), login(&mut socket)).await else { return };
    while let Some(Ok(message)) = socket.recv().await {
        if push(&mut socket, format!("{user}: {message:?}")).await.is_err() {
            return;
        }
    }
}

async fn other_account(mut socket: WebSocket) {
    let Some(user) = patient_login(&mut socket).await else { return };
    while let Some(Ok(message)) = socket.recv().await {
        if push(&mut socket, format!("{user}: {message:?}")).await.is_err() {
            return;
        }
    }
}

async fn next_line(socket: &mut WebSocket) -> Option<String> {
    match socket.recv().await {
        Some(Ok(Message::Text(text))) => Some(text.to_string()),
        Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_))) => Some(String::new()),
        _ => None,
    }
}

async fn lines(mut socket: WebSocket) {
    while let Some(line) = next_line(&mut socket).await {
        if push(&mut socket, line).await.is_err() {
            return;
        }
    }
}

async fn questions(mut socket: WebSocket) {
    let Some(name) = next_line(&mut socket).await else { return };
    if push(&mut socket, format!("hello {name}")).await.is_err() {
        return;
    }
    bye(&mut socket, "asked").await;
}

async fn pump(sink: &mut SplitSink<WebSocket, Message>, events: &mut mpsc::Receiver<String>) {
    while let Some(event) = events.recv().await {
        if sink.send(Message::Text(event.into())).await.is_err() {
            return;
        }
    }
}

async fn drain(stream: &mut SplitStream<WebSocket>) {
    while let Some(Ok(_)) = stream.next().await {}
}

async fn both(socket: WebSocket, mut events: mpsc::Receiver<String>) {
    let (mut sink, mut stream) = socket.split();
    tokio::select! {
        () = pump(&mut sink, &mut events) => {}
        () = drain(&mut stream) => {}
    }
}

struct Session {
    socket: WebSocket,
    events: mpsc::Receiver<String>,
    is_open: bool,
}

impl Session {
    async fn push(&mut self, text: String) {
        if self.socket.send(Message::Text(text.into())).await.is_err() {
            self.is_open = false;
        }
    }

    async fn run(mut self) {
        while self.is_open {
            tokio::select! {
                Some(event) = self.events.recv() => self.push(event).await,
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => tracing::debug!(?message),
                    _ => self.is_open = false,
                },
            }
        }
    }

    async fn refuse(mut self, why: &str) {
        let _ = self.socket.send(Message::Text(why.into())).await;
    }
}

async fn peeked(mut socket: WebSocket) {
    if !is_plain(&socket) {
        bye(&mut socket, "no subprotocol").await;
        return;
    }
    drain_whole(&mut socket).await;
}

fn is_plain(socket: &WebSocket) -> bool {
    socket.protocol().is_none()
}

async fn drain_whole(socket: &mut WebSocket) {
    while let Some(Ok(_)) = socket.recv().await {}
}

async fn fan(mut socket: WebSocket, mut events: mpsc::Receiver<String>) {
    let mut waiting = Vec::new();
    while let Some(Ok(_)) = socket.recv().await {
        while let Ok(event) = events.try_recv() {
            waiting.push(event);
        }
        if replay(&mut socket, &waiting).await.is_err() {
            break;
        }
        waiting.clear();
    }
}

fn coordinates(text: &str) -> Option<(u32, u32)> {
    let (x, y) = text.split_once(',')?;
    Some((x.parse().ok()?, y.parse().ok()?))
}

fn opcode(frame: &[u8]) -> u8 {
    frame[4]
}

fn port(text: &str) -> u16 {
    text.parse().expect("a port")
}

async fn board(mut socket: WebSocket) {
    let configured = port("8080");
    while let Some(Ok(message)) = socket.recv().await {
        match message {
            Message::Text(text) => {
                let Some((x, y)) = coordinates(&text) else { continue };
                tracing::debug!(x, y, configured);
            }
            Message::Binary(frame) => {
                if frame.len() < 8 {
                    continue;
                }
                tracing::debug!(opcode = opcode(&frame));
            }
            _ => {}
        }
    }
}

fn fingerprint(credential: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    credential.hash(&mut hasher);
    hasher.finish()
}

fn audit(user: &str, credential: &str) {
    tracing::info!(user, credential = fingerprint(credential), "login");
}

fn seen(user: &str, room: &str) {
    tracing::info!(user, room, "seen");
}

async fn upgraded(ws: WebSocketUpgrade, Path(room): Path<String>, headers: HeaderMap) -> Response {
    let Some(token) = headers.get("authorization").and_then(|value| value.to_str().ok()) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    audit("someone", token);
    seen("someone", &room);
    ws.on_upgrade(board)
}

struct App {
    clients: Mutex<HashMap<u64, mpsc::Sender<Message>>>,
}

async fn register(app: &App, id: u64, sender: mpsc::Sender<Message>) {
    app.clients.lock().await.insert(id, sender);
}

async fn unregister(app: &App, id: u64) {
    app.clients.lock().await.remove(&id);
}

async fn registered(socket: WebSocket, app: Arc<App>, sender: mpsc::Sender<Message>) {
    register(&app, 7, sender).await;
    conversation(socket).await;
    unregister(&app, 7).await;
}

async fn conversation(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

async fn frame(upstream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = [0; 4];
    upstream.read_exact(&mut head).await?;
    Ok(head.to_vec())
}

async fn proxied(mut socket: WebSocket, mut upstream: TcpStream) {
    loop {
        tokio::select! {
            frame = frame(&mut upstream) => {
                let Ok(frame) = frame else { return };
                if socket.send(Message::Binary(frame.into())).await.is_err() {
                    return;
                }
            }
            _ = socket.recv() => return,
        }
    }
}

async fn answered(ws: WebSocketUpgrade) -> Response {
    let _response = ws.on_upgrade(conversation);
    _response
}

async fn first_text(stream: &mut SplitStream<WebSocket>) -> Option<String> {
    match stream.next().await {
        Some(Ok(Message::Text(text))) => Some(text.to_string()),
        _ => None,
    }
}

async fn named(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let Ok(Some(name)) = timeout(Duration::from_secs(5), first_text(&mut stream)).await else { return };
    while let Some(Ok(message)) = stream.next().await {
        if sink.send(Message::Text(format!("{name}: {message:?}").into())).await.is_err() {
            break;
        }
    }
}
