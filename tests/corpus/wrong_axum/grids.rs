//! One or two mistakes each, written when the rules were done. A layer compares the origin.
use std::{collections::{BTreeMap, HashMap}, sync::Arc, time::Duration};
use axum::extract::{Query, State, ws::{self, Message, WebSocket, WebSocketUpgrade}};
use axum::http::{Uri, request::Parts};
use axum::response::Response;
use futures_util::{SinkExt, StreamExt, stream::{SplitSink, SplitStream}};
use serde::Deserialize;
use sockeye::{Handshake, Json, Sender, ws_endpoint};
use tokio::io::{AsyncReadExt, AsyncBufReadExt};
use tokio::sync::{Mutex, RwLock, broadcast::{self, error::RecvError}, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

struct Grid { telemetry: broadcast::Sender<String>, mode: watch::Receiver<u8>, panels: RwLock<Vec<Panel>>, rows: Vec<u64> }
struct Panel { outbox: mpsc::Sender<ws::Message>, tag: String }

/// Orphan: let Ok else; try_send.
async fn v1(mut socket: WebSocket, State(grid): State<Arc<Grid>>) { //~ no_deadline
    let (feed_tx, mut feed_rx) = mpsc::channel(128);
    let mut telemetry = grid.telemetry.subscribe();
    let _pump = tokio::spawn(async move { //~ orphaned_task
        loop {
            let sample = match telemetry.recv().await {
                Ok(sample) => sample,
                Err(RecvError::Lagged(skipped)) => { tracing::debug!(skipped); continue }
                Err(RecvError::Closed) => return,
            };
            if let Some(short) = sample.get(..3) { drop(feed_tx.try_send(short.to_owned())); }
        }
    });
    loop {
        tokio::select! {
            Some(sample) = feed_rx.recv() => if socket.send(Message::text(sample)).await.is_err() { return },
            incoming = socket.recv() => if incoming.is_none_or(|one| one.is_err()) { return },
        }
    }
}
/// Orphan: array of handles.
async fn v2(socket: WebSocket, State(grid): State<Arc<Grid>>) { //~ no_deadline
    let (mut sink, mut stream) = socket.split();
    let mut mode = grid.mode.clone();
    let handles = vec![tokio::spawn(async move { //~ orphaned_task
        while mode.changed().await.is_ok() {
            let now = mode.borrow_and_update().to_string();
            if sink.send(Message::text(now)).await.is_err() { break }
        }
    })];
    tracing::debug!("{} tasks", handles.len());
    while let Some(Ok(_)) = stream.next().await {}
}
/// Orphan: watch helper.
fn follow_mode(mut mode: watch::Receiver<u8>, out: mpsc::UnboundedSender<u8>) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            if mode.changed().await.is_err() { break; }
            let _ = out.send(*mode.borrow());
        }
    })
}
/// Doc.
#[ws_endpoint("/v3")]
async fn v3(handshake: Handshake, State(grid): State<Arc<Grid>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (out, mut modes) = mpsc::unbounded_channel(); //~ unbounded_queue
    follow_mode(grid.mode.clone(), out); //~ orphaned_task
    loop {
        tokio::select! {
            Some(mode) = modes.recv() => socket.send(mode.to_string()).await?,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}
/// Fan: struct by ref with ws::Message.
impl Grid {
    async fn flash(&self, text: &str) {
        for panel in self.panels.read().await.iter() {
            if panel.outbox.send(ws::Message::text(text)).await.is_err() { //~ fan_out_in_turn
                tracing::debug!(panel.tag);
            }
        }
    }
}
/// Fan: local BTreeMap in a hub task.
async fn v5(mut joins: mpsc::Receiver<(u32, mpsc::Sender<Message>)>, mut news: broadcast::Receiver<String>) {
    let mut screens: BTreeMap<u32, mpsc::Sender<Message>> = BTreeMap::new();
    loop {
        tokio::select! {
            Some((id, screen)) = joins.recv() => { screens.insert(id, screen); }
            Ok(line) = news.recv() => {
                for (_, screen) in &screens {
                    let _ = screen.send(Message::text(line.clone())).await; //~ fan_out_in_turn
                }
            }
        }
    }
}
/// Secrets: Parts, enum by {:#?}.
#[derive(Debug, Deserialize)]
enum Op { SignIn { email: String, passcode: String, password: String }, Quit }
/// Doc.
#[ws_endpoint("/v6")]
async fn v6(handshake: Handshake<Json<Op, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(op) = socket.recv().await? {
        tracing::info!(op = ?op, "operation"); //~ secret_in_log
        socket.send("ok".to_owned()).await?;
    }
    Ok(())
}
#[derive(Deserialize)]
struct Params { access_token: String }
async fn v7(ws: WebSocketUpgrade, Query(params): Query<Params>, uri: Uri) -> Response {
    tracing::info!("GET {}", uri); //~ secret_in_log
    if params.access_token.is_empty() { tracing::debug!("no token"); }
    ws.on_upgrade(|mut socket| async move { while let Some(Ok(_)) = socket.recv().await {} })
}
/// Cancelled: helper by value and futures select.
struct Gps { port: tokio::net::TcpStream, count: u64 }
impl Gps {
    async fn sentence(&mut self) -> std::io::Result<Vec<u8>> {
        let size = self.port.read_u16().await?;
        let mut body = vec![0; size.into()];
        self.port.read_exact(&mut body).await?;
        self.count += 1;
        Ok(body)
    }
    async fn stream(mut self, mut socket: WebSocket) { //~ no_deadline
        loop {
            tokio::select! {
                body = self.sentence() => { //~ cancelled_read
                    let Ok(body) = body else { return };
                    if socket.send(Message::binary(body)).await.is_err() { return }
                }
                Some(Ok(message)) = socket.recv() => tracing::debug!(?message),
                else => return,
            }
        }
    }
}
/// Lagged.
async fn pull(feed: &mut broadcast::Receiver<String>, last: &mut String) -> bool {
    let Ok(next) = feed.recv().await else { return false };
    *last = next;
    true
}
async fn v9(socket: WebSocket, State(grid): State<Arc<Grid>>) { //~ no_deadline
    let (mut sink, mut stream) = socket.split();
    let (mut feed, mut last) = (grid.telemetry.subscribe(), String::new());
    loop {
        tokio::select! {
            more = pull(&mut feed, &mut last) => {
                if !more { break } //~ lagged_feed
                if sink.send(Message::text(last.clone())).await.is_err() { break }
            }
            got = stream.next() => if !matches!(got, Some(Ok(_))) { break },
        }
    }
}
/// Panic.
#[derive(Deserialize)]
struct Ask { every: u64, column: usize }
impl Grid {
    fn sample(&self, every: u64) -> Vec<u64> { self.rows.iter().copied().filter(|row| row % every == 0).collect() }
}
/// Doc.
#[ws_endpoint("/v10")]
async fn v10(handshake: Handshake<Json<Ask, Vec<u64>>>, State(grid): State<Arc<Grid>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(ask) = socket.recv().await? {
        let rows = grid.sample(ask.every); //~ panics_on_input
        socket.send(rows).await?;
    }
    Ok(())
}
/// Kind.
enum Key { Up, Down }
impl TryFrom<Message> for Key { type Error = (); fn try_from(m: Message) -> Result<Self, ()> { match m { Message::Text(t) if t == "up" => Ok(Key::Up), _ => Err(()) } } }
fn key(message: &Message) -> Result<Key, &'static str> {
    let Message::Binary(bytes) = message else { return Err("not binary") };
    match bytes.first() { Some(1) => Ok(Key::Up), _ => Ok(Key::Down) }
}
async fn v11(socket: WebSocket) {
    let (_sink, mut stream) = socket.split();
    while let Some(Ok(message)) = stream.next().await {
        let Ok(key) = key(&message) else { return }; //~ kind_ends_loop
        if matches!(key, Key::Up) { tracing::debug!("up") }
    }
}
/// Deadline: JoinSet with async blocks, struct.
struct Kiosk { stream: SplitStream<WebSocket>, sink: SplitSink<WebSocket, Message>, orders: mpsc::Receiver<String> }
impl Kiosk {
    async fn run(self) { //~ no_deadline
        let Self { mut stream, mut sink, mut orders } = self;
        loop {
            tokio::select! {
                order = orders.recv() => match order { Some(order) => if sink.send(Message::text(order)).await.is_err() { return }, None => return },
                got = stream.next() => if !matches!(got, Some(Ok(_))) { return },
            }
        }
    }
}
async fn v12(socket: WebSocket, mut orders: mpsc::Receiver<String>) { //~ no_deadline
    let (mut sink, mut stream) = socket.split();
    let mut set: JoinSet<()> = JoinSet::new();
    set.spawn(async move { while let Some(order) = orders.recv().await { if sink.send(Message::text(order)).await.is_err() { break } } });
    set.spawn(async move { while let Some(Ok(m)) = stream.next().await { tracing::debug!(?m) } });
    while set.join_next().await.is_some() { set.abort_all(); }
}
