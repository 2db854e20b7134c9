//! The mistake is in what a handler does with a helper of the same file.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    extract::ws::{Message, WebSocket, WebSocketUpgrade},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use futures_util::{SinkExt as _, StreamExt as _, stream::{SplitSink, SplitStream}};
use tokio::{io::AsyncReadExt as _, net::TcpStream, sync::{Mutex, mpsc}};
use tokio_stream::wrappers::UnboundedReceiverStream;

const ORIGIN: &str = "checked elsewhere";
const PING: &str = "a proxy pings";

async fn push(socket: &mut WebSocket, text: String) -> Result<(), axum::Error> {
    socket.send(Message::Text(text.into())).await
}

async fn push_if_open(socket: &mut WebSocket, text: String) -> bool {
    socket.send(Message::Text(text.into())).await.is_ok()
}

async fn feed(mut socket: WebSocket, mut events: mpsc::Receiver<String>) {
    while let Some(event) = events.recv().await {
        if push(&mut socket, event).await.is_err() { //~ deaf_loop
            break;
        }
    }
}

async fn clock(mut socket: WebSocket) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        if !push_if_open(&mut socket, "tick".into()).await { //~ deaf_loop
            break;
        }
    }
}

async fn write(sink: &mut SplitSink<WebSocket, Message>, text: String) -> Result<(), axum::Error> {
    sink.send(Message::Text(text.into())).await
}

async fn write_quietly(sink: &mut SplitSink<WebSocket, Message>, text: String) {
    sink.send(Message::Text(text.into())).await.ok();
}

async fn read(mut stream: SplitStream<WebSocket>) {
    while let Some(Ok(_)) = stream.next().await {}
}

async fn logged(socket: WebSocket, mut events: mpsc::Receiver<String>) {
    let (mut sink, stream) = socket.split();
    let writer = async {
        while let Some(event) = events.recv().await {
            if let Err(error) = write(&mut sink, event).await { //~ swallowed_error
                tracing::warn!(%error, "not sent");
            }
        }
    };
    tokio::join!(writer, read(stream));
}

async fn unnoticed(socket: WebSocket, mut events: mpsc::Receiver<String>) {
    let (mut sink, stream) = socket.split();
    let writer = async {
        while let Some(event) = events.recv().await {
            write_quietly(&mut sink, event).await; //~ swallowed_error
        }
    };
    tokio::join!(writer, read(stream));
}

async fn hello(mut socket: WebSocket) { //~ no_receive_loop
    let _ = push(&mut socket, "hello".into()).await;
}

async fn login(socket: &mut WebSocket) -> Option<String> {
    let Some(Ok(Message::Text(token))) = socket.recv().await else { return None };
    verify_token(&token)
}

async fn account(mut socket: WebSocket) {
    let Some(user) = login(&mut socket).await else { return }; //~ login_deadline
    while let Some(Ok(message)) = socket.recv().await {
        if push(&mut socket, format!("{user}: {message:?}")).await.is_err() {
            return;
        }
    }
}

fn verify_token(token: &str) -> Option<String> {
    Some(token.to_owned())
}

struct Session {
    socket: WebSocket,
    events: mpsc::Receiver<String>,
}

impl Session {
    async fn push(&mut self, text: String) -> Result<(), axum::Error> {
        self.socket.send(Message::Text(text.into())).await
    }

    async fn run(mut self) {
        while let Some(event) = self.events.recv().await {
            if self.push(event).await.is_err() { //~ deaf_loop
                break;
            }
        }
    }
}

async fn pump(socket: &mut WebSocket, events: &mut mpsc::Receiver<String>) {
    while let Some(event) = events.recv().await {
        if socket.send(Message::Text(event.into())).await.is_err() {
            return;
        }
    }
}

async fn pumped(mut socket: WebSocket, mut events: mpsc::Receiver<String>) {
    pump(&mut socket, &mut events).await; //~ deaf_loop
}

async fn forgotten(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let _ = push(&mut socket, format!("{message:?}")); //~ missing_await
    }
}

async fn greet_twice(socket: &mut WebSocket) -> Result<(), axum::Error> {
    push(socket, "hello".into()).await?;
    push(socket, "welcome".into()).await
}

async fn greeted(mut socket: WebSocket) { //~ no_receive_loop
    if greet_twice(&mut socket).await.is_err() {
        return;
    }
    tracing::info!("greeted");
}

fn coordinates(text: &str) -> (u32, u32) {
    let parts: Vec<&str> = text.split(',').collect();
    (parts[0].parse().unwrap(), parts[1].parse().unwrap())
}

fn opcode(frame: &[u8]) -> u8 {
    frame[4]
}

async fn board(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        match message {
            Message::Text(text) => {
                let (x, y) = coordinates(&text); //~ panics_on_input
                tracing::debug!(x, y);
            }
            Message::Binary(frame) => tracing::debug!(opcode = opcode(&frame)), //~ panics_on_input
            _ => {}
        }
    }
}

fn audit(user: &str, credential: &str) {
    tracing::info!(user, credential, "login");
}

async fn upgraded(ws: WebSocketUpgrade, headers: HeaderMap) -> Response {
    let Some(token) = headers.get("authorization").and_then(|value| value.to_str().ok()) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    audit("someone", token); //~ secret_in_log
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

async fn registered(mut socket: WebSocket, app: Arc<App>, sender: mpsc::Sender<Message>) -> Result<(), axum::Error> {
    register(&app, 7, sender).await;
    socket.send(Message::Text("welcome".into())).await?; //~ skipped_cleanup
    while let Some(message) = socket.recv().await {
        message?;
    }
    unregister(&app, 7).await;
    Ok(())
}

async fn queued(socket: WebSocket, clients: Arc<Mutex<Vec<mpsc::UnboundedSender<Message>>>>) {
    let (sink, stream) = socket.split();
    let (sender, receiver) = mpsc::unbounded_channel(); //~ unbounded_queue
    let writer = tokio::spawn(UnboundedReceiverStream::new(receiver).map(Ok).forward(sink));
    clients.lock().await.push(sender);
    read(stream).await;
    writer.abort();
}

async fn frame(upstream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = [0; 4];
    upstream.read_exact(&mut head).await?;
    let mut body = vec![0; u32::from_be_bytes(head) as usize];
    upstream.read_exact(&mut body).await?;
    Ok(body)
}

async fn proxied(mut socket: WebSocket, mut upstream: TcpStream) {
    loop {
        tokio::select! {
            frame = frame(&mut upstream) => { //~ cancelled_read
                let Ok(frame) = frame else { return };
                if socket.send(Message::Binary(frame.into())).await.is_err() {
                    return;
                }
            }
            message = socket.recv() => match message {
                Some(Ok(_)) => {}
                _ => return,
            },
        }
    }
}

async fn unanswered(ws: WebSocketUpgrade) -> Response {
    let _response = ws.on_upgrade(board); //~ dropped_upgrade
    "welcome".into_response()
}

async fn next_text(stream: &mut SplitStream<WebSocket>) -> Option<String> {
    match stream.next().await {
        Some(Ok(Message::Text(text))) => Some(text.to_string()),
        _ => None,
    }
}

async fn texts(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    while let Some(text) = next_text(&mut stream).await { //~ kind_ends_loop
        if sink.send(Message::Text(text.into())).await.is_err() {
            break;
        }
    }
}

async fn patient(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    loop {
        let Some(text) = next_text(&mut stream).await else { continue }; //~ spinning_loop
        if sink.send(Message::Text(text.into())).await.is_err() {
            break;
        }
    }
}

impl App {
    async fn enter(&self, id: u64, sender: mpsc::Sender<Message>) {
        self.clients.lock().await.insert(id, sender);
    }

    async fn leave(&self, id: u64) {
        self.clients.lock().await.remove(&id);
    }
}

async fn entered(mut socket: WebSocket, app: Arc<App>, sender: mpsc::Sender<Message>) {
    app.enter(7, sender).await;
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return; //~ skipped_cleanup
        }
    }
    app.leave(7).await;
}
