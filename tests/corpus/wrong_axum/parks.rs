//! Registrations, locks, logins and queues, in methods, helpers and structs. A layer compares the origin.
use std::{collections::{HashMap, HashSet}, sync::{Arc, Mutex, atomic::{AtomicUsize, Ordering}}, time::Duration};
use axum::extract::{Path, State, ws::{Message, WebSocket, WebSocketUpgrade}};
use axum::response::Response;
use futures_util::{SinkExt, StreamExt, stream::{SplitSink, SplitStream}};
use serde::Deserialize;
use sockeye::{Handshake, Json, Sender, Socket, ws_endpoint};
use tokio::sync::{RwLock, mpsc};

struct Park { bikes: Mutex<HashMap<u32, String>>, riders: AtomicUsize, gates: RwLock<HashSet<u32>>, board: tokio::sync::Mutex<Vec<String>>, taps: tokio::sync::Mutex<HashMap<u32, mpsc::UnboundedSender<String>>> }
impl Park {
    fn check_in(&self, id: u32) { self.bikes.lock().unwrap().insert(id, "new".into()); }
    fn check_out(&self, id: u32) { self.bikes.lock().unwrap().remove(&id); }
}
/// Methods register.
async fn s1(mut socket: WebSocket, Path(id): Path<u32>, State(park): State<Arc<Park>>) -> Result<(), axum::Error> {
    park.check_in(id);
    while let Some(message) = socket.recv().await {
        let message = message?; //~ skipped_cleanup
        socket.send(message).await?;
    }
    park.check_out(id);
    Ok(())
}
/// Gauge.
/// Doc.
#[ws_endpoint("/s2")]
async fn s2(handshake: Handshake, State(park): State<Arc<Park>>) -> sockeye::Result {
    park.riders.fetch_add(1, Ordering::SeqCst);
    let mut socket = handshake.accept().await?; //~ skipped_cleanup
    while let Some(message) = socket.recv().await? { socket.send(message).await?; }
    park.riders.fetch_sub(1, Ordering::SeqCst);
    Ok(())
}
/// In close arm only.
async fn s3(mut socket: WebSocket, Path(id): Path<u32>, State(park): State<Arc<Park>>) {
    park.gates.write().await.insert(id); //~ skipped_cleanup
    while let Some(Ok(message)) = socket.recv().await {
        match message {
            Message::Text(text) => tracing::debug!(%text),
            Message::Close(_) => {
                park.gates.write().await.remove(&id);
                return;
            }
            _ => {}
        }
    }
}
/// Self.
struct Visit { park: Arc<Park>, socket: WebSocket, id: u32 }
impl Visit {
    async fn run(mut self) {
        self.park.bikes.lock().unwrap().insert(self.id, String::new());
        loop {
            let Some(Ok(message)) = self.socket.recv().await else { break };
            if self.socket.send(message).await.is_err() {
                return; //~ skipped_cleanup
            }
        }
        self.park.bikes.lock().unwrap().remove(&self.id);
    }
}
/// Helper between.
async fn serve(socket: &mut Socket) -> sockeye::Result {
    while let Some(message) = socket.recv().await? { socket.send(message).await?; }
    Ok(())
}
/// Doc.
#[ws_endpoint("/s5/{id}")]
async fn s5(handshake: Handshake, Path(id): Path<u32>, State(park): State<Arc<Park>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    park.check_in(id);
    serve(&mut socket).await?; //~ skipped_cleanup
    park.check_out(id);
    Ok(())
}
/// Early return on a bad hello.
async fn s6(mut socket: WebSocket, State(park): State<Arc<Park>>) {
    park.riders.fetch_add(1, Ordering::Relaxed);
    let Some(Ok(Message::Text(hello))) = socket.recv().await else { return }; //~ skipped_cleanup
    tracing::debug!(%hello);
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() { break }
    }
    park.riders.fetch_sub(1, Ordering::Relaxed);
}
/// Lock.
async fn g1(mut socket: WebSocket, State(park): State<Arc<Park>>) {
    while let Some(Ok(_)) = socket.recv().await {
        for line in park.board.lock().await.iter() { //~ lock_across_io
            if socket.send(Message::text(line.clone())).await.is_err() { return }
        }
    }
}
/// Lock in helper.
async fn show(board: &tokio::sync::Mutex<Vec<String>>, sink: &mut SplitSink<WebSocket, Message>) -> Result<(), axum::Error> {
    let lines = board.lock().await; //~ lock_across_io
    sink.send(Message::text(lines.join("\n"))).await
}
/// Method with self.
impl Visit {
    async fn greet(&mut self) {
        let gates = self.park.gates.read().await; //~ lock_across_io
        let _ = self.socket.send(Message::text(gates.len().to_string())).await;
    }
}
/// Sockeye match.
/// Doc.
#[ws_endpoint("/g4")]
async fn g4(handshake: Handshake, State(park): State<Arc<Park>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(_message) = socket.recv().await? {
        match park.board.lock().await.last() { //~ lock_across_io
            Some(line) => socket.send(line.clone()).await?,
            None => socket.send("empty").await?,
        }
    }
    Ok(())
}
/// Helper that sends.
async fn reply(socket: &mut WebSocket, text: &str) -> bool { socket.send(Message::text(text)).await.is_ok() }
async fn g5(mut socket: WebSocket, State(park): State<Arc<Park>>) {
    while let Some(Ok(_)) = socket.recv().await {
        let mut board = park.board.lock().await; //~ lock_across_io
        board.push("seen".into());
        if !reply(&mut socket, &board.len().to_string()).await { break }
    }
}
/// Method helper of a wrapper.
struct Wire { socket: WebSocket }
impl Wire {
    async fn put(&mut self, text: String) -> bool { self.socket.send(Message::text(text)).await.is_ok() }
}
async fn g6(mut wire: Wire, park: Arc<Park>) {
    loop {
        let board = park.board.lock().await; //~? lock_across_io
        if !wire.put(board.join(",")).await { return }
        drop(board);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
/// Login.
#[derive(Deserialize)]
struct Hello { token: String, name: String }
async fn d1(mut socket: WebSocket) {
    let Some(Ok(Message::Text(first))) = socket.recv().await else { return }; //~ login_deadline
    let Ok(hello) = serde_json::from_str::<Hello>(&first) else { return };
    if hello.token != "x" { return }
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() { break }
    }
}
/// Helper.
async fn authenticate(socket: &mut WebSocket) -> Option<String> {
    let message = socket.recv().await?.ok()?;
    let hello: Hello = serde_json::from_str(message.to_text().ok()?).ok()?;
    (hello.token == "x").then_some(hello.name)
}
async fn d2(mut socket: WebSocket) {
    let Some(name) = authenticate(&mut socket).await else { return }; //~ login_deadline
    tracing::info!(name);
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() { break }
    }
}
/// Sockeye json.
/// Doc.
#[ws_endpoint("/d3")]
async fn d3(handshake: Handshake<Json<Hello, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(hello) = socket.recv().await? else { return Ok(()) }; //~ login_deadline
    if hello.token.len() < 8 { return socket.close(CloseCode::POLICY, "bad token").await; }
    while let Some(next) = socket.recv().await? { socket.send(next.name).await?; }
    Ok(())
}
/// Match.
async fn d4(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let user = match stream.next().await { //~ login_deadline
        Some(Ok(Message::Text(text))) => match verify_token(&text) { Some(user) => user, None => return },
        _ => return,
    };
    let _ = sink.send(Message::text(user)).await;
    while let Some(Ok(message)) = stream.next().await {
        if sink.send(message).await.is_err() { break }
    }
}
fn verify_token(text: &str) -> Option<String> { text.strip_prefix("token ").map(str::to_owned) }
/// Loop until login.
async fn d5(mut socket: WebSocket) {
    let user = loop {
        let Some(Ok(message)) = socket.recv().await else { return }; //~ login_deadline
        if let Ok(text) = message.to_text() && let Some(user) = verify_token(text) { break user }
    };
    tracing::info!(user);
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() { break }
    }
}
/// Unbounded.
async fn q1(socket: WebSocket, State(park): State<Arc<Park>>) {
    let (mut sink, mut stream) = socket.split();
    let (tx, mut rx) = mpsc::unbounded_channel(); //~ unbounded_queue
    park.taps.lock().await.insert(1, tx);
    let mut writer = tokio::spawn(async move {
        while let Some(text) = rx.recv().await {
            if sink.send(Message::text(text)).await.is_err() { break }
        }
    });
    loop {
        tokio::select! {
            _ = &mut writer => break,
            message = stream.next() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
    writer.abort();
    park.taps.lock().await.remove(&1);
}
/// Helper drains.
async fn pump(mut sink: SplitSink<WebSocket, Message>, mut queue: mpsc::UnboundedReceiver<Message>) { //~ unbounded_queue
    while let Some(message) = queue.recv().await {
        if sink.send(message).await.is_err() { break }
    }
}
async fn q2(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let (out, queue) = mpsc::unbounded_channel();
    let writer = tokio::spawn(pump(sink, queue));
    while let Some(Ok(message)) = stream.next().await {
        if out.send(message).is_err() { break }
    }
    writer.abort();
}
/// Struct.
struct Outbox { tx: mpsc::UnboundedSender<Message>, rx: mpsc::UnboundedReceiver<Message> }
impl Outbox {
    fn new() -> Self {
        let (tx, rx) = mpsc::unbounded_channel();
        Self { tx, rx }
    }
}
async fn q3(mut socket: WebSocket) {
    let mut outbox = Outbox::new(); //~? unbounded_queue
    loop {
        tokio::select! {
            Some(message) = outbox.rx.recv() => if socket.send(message).await.is_err() { break },
            message = socket.recv() => match message {
                Some(Ok(message)) => { let _ = outbox.tx.send(message); }
                _ => break,
            },
        }
    }
}
/// Sockeye select.
/// Doc.
#[ws_endpoint("/q4")]
async fn q4(handshake: Handshake, State(park): State<Arc<Park>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (tx, mut rx) = mpsc::unbounded_channel::<String>(); //~ unbounded_queue
    park.taps.lock().await.insert(4, tx);
    loop {
        tokio::select! {
            Some(text) = rx.recv() => socket.send(text).await?,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}
/// UnboundedReceiverStream forward.
async fn q5(socket: WebSocket, State(park): State<Arc<Park>>) {
    let (sink, mut stream) = socket.split();
    let (tx, rx) = mpsc::unbounded_channel::<String>(); //~ unbounded_queue
    park.taps.lock().await.insert(5, tx);
    let lines = tokio_stream::wrappers::UnboundedReceiverStream::new(rx).map(|text| Ok(Message::text(text)));
    let mut writer = tokio::spawn(lines.forward(sink));
    loop {
        tokio::select! {
            _ = &mut writer => return,
            message = stream.next() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
    writer.abort();
}
/// Self.
struct Rider { socket: WebSocket, queue: mpsc::UnboundedReceiver<Message> }
impl Rider {
    async fn ride(mut self) {
        loop {
            tokio::select! {
                Some(message) = self.queue.recv() => if self.socket.send(message).await.is_err() { break }, //~ unbounded_queue
                message = self.socket.recv() => if !matches!(message, Some(Ok(_))) { break },
            }
        }
    }
}
