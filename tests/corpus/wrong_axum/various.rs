//! More mistakes in unusual clothes, by various people.
//!
//! A layer around the router checks the origin.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{
    body::Bytes,
    extract::{
        State,
        ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    response::IntoResponse,
};
use futures_util::{
    FutureExt, Sink, SinkExt, Stream, StreamExt, TryStreamExt, future,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    sync::{Mutex, RwLock, broadcast, broadcast::error::RecvError, mpsc, watch},
    task::{self, JoinHandle, JoinSet},
    time::{self, interval, sleep},
};

type Tx = SplitSink<WebSocket, Message>;
type Rx = SplitStream<WebSocket>;
type SharedTx = Arc<Mutex<Tx>>;

#[derive(Clone)]
struct AppState {
    tx: broadcast::Sender<Arc<str>>,
    stats: watch::Receiver<u64>,
}

/// A shared half as a parameter, and nobody looks.
async fn heartbeat(tx: SharedTx) {
    let mut ticker = interval(Duration::from_secs(20));
    loop {
        ticker.tick().await;
        let _ = tx.lock().await.send(Message::Ping(Bytes::new())).await; //~ swallowed_error
    }
}

async fn drain(mut rx: Rx) {
    while let Some(Ok(_)) = rx.next().await {}
}

async fn with_heartbeat(socket: WebSocket) {
    let (tx, rx) = socket.split();
    let tx = Arc::new(Mutex::new(tx));
    tokio::join!(heartbeat(tx.clone()), drain(rx));
}

/// A task in a helper that returns its handle, and a caller that awaits it.
fn start(mut tx: Tx, mut events: broadcast::Receiver<Arc<str>>) -> JoinHandle<()> {
    task::spawn(async move {
        loop {
            match events.recv().await {
                Ok(event) => {
                    if let Err(e) = tx.send(Message::Text(Utf8Bytes::from(&*event))).await { //~ swallowed_error
                        tracing::error!(?e, "failed to send");
                    }
                }
                Err(RecvError::Lagged(n)) => tracing::warn!("lagged by {n}"),
                Err(RecvError::Closed) => break,
            }
        }
    })
}

async fn started(socket: WebSocket, State(state): State<AppState>) {
    let (tx, mut rx) = socket.split();
    let pushing = start(tx, state.tx.subscribe());
    while let Some(Ok(_)) = rx.next().await {}
    pushing.await.ok();
}

/// Boxed futures in a list.
async fn listed(socket: WebSocket, State(state): State<AppState>) {
    let (tx, rx) = socket.split();
    let futures = vec![push_stats2(tx, state.stats.clone()).boxed(), drain(rx).boxed()];
    future::join_all(futures).await;
}

async fn push_stats2(mut tx: Tx, mut stats: watch::Receiver<u64>) {
    while stats.changed().await.is_ok() {
        let now = *stats.borrow_and_update();
        tx.send(Message::text(now.to_string())).await.ok(); //~ swallowed_error
    }
}

/// An `impl Sink`.
async fn relay(mut out: impl Sink<Message> + Unpin, mut events: broadcast::Receiver<Arc<str>>) {
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => break,
        };
        let _ = out.send(Message::text(event.to_string())).await; //~ swallowed_error
    }
}

async fn listen(mut messages: impl Stream<Item = Result<Message, axum::Error>> + Unpin) {
    while let Ok(Some(message)) = messages.try_next().await {
        tracing::info!(?message);
    }
}

async fn relayed(ws: WebSocketUpgrade, State(state): State<AppState>) -> impl IntoResponse {
    ws.on_upgrade(|socket| async move {
        let (out, messages) = socket.split();
        let relaying = relay(out, state.tx.subscribe());
        let listening = listen(messages);
        futures_util::join!(relaying, listening);
    })
}

/// A session whose methods are joined.
struct Session {
    tx: Tx,
    rx: Rx,
    state: AppState,
}

impl Session {
    fn new(socket: WebSocket, state: AppState) -> Self {
        let (tx, rx) = socket.split();
        Self { tx, rx, state }
    }

    async fn run(self) {
        let Self { tx, rx, state } = self;
        let events = state.tx.subscribe();
        tokio::join!(Self::write(tx, events), Self::read(rx));
    }

    async fn write(mut tx: Tx, mut events: broadcast::Receiver<Arc<str>>) {
        loop {
            match events.recv().await {
                Ok(event) => match tx.send(Message::text(event.to_string())).await { //~ swallowed_error
                    Ok(()) => {}
                    Err(_) => {}
                },
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    async fn read(mut rx: Rx) {
        while let Some(Ok(message)) = rx.next().await {
            tracing::debug!(?message);
        }
    }
}

async fn session(ws: WebSocketUpgrade, State(state): State<AppState>) -> impl IntoResponse {
    ws.on_upgrade(move |socket| Session::new(socket, state).run())
}

/// A `TaskSet` whose first end is not enough.
async fn all(socket: WebSocket, State(state): State<AppState>) {
    let (tx, rx) = socket.split();
    let mut set = JoinSet::new();
    set.spawn(push_stats3(tx, state.stats.clone()));
    set.spawn(drain(rx));
    while let Some(ended) = set.join_next().await {
        if let Err(error) = ended {
            tracing::warn!(%error);
        }
    }
}

async fn push_stats3(mut tx: Tx, mut stats: watch::Receiver<u64>) {
    loop {
        if let Err(error) = stats.changed().await {
            tracing::info!(%error, "no more");
            break;
        }
        let now = *stats.borrow_and_update();
        let sent = tx.send(Message::text(now.to_string())).await; //~ swallowed_error
        if let Err(error) = sent {
            tracing::warn!(%error);
        }
    }
}

/// The half in a `RwLock`, and never a `recv`.
async fn only_writes(socket: WebSocket) {
    let (tx, _rx) = socket.split();
    let tx = RwLock::new(tx);
    loop {
        sleep(Duration::from_secs(3)).await;
        let mut tx = tx.write().await;
        if tx.send(Message::text("tick")).await.is_err() { //~ deaf_loop
            return;
        }
    }
}

/// Sends what a stream gives, and never hears.
async fn exports(mut socket: WebSocket, rows: impl Stream<Item = String>) {
    tokio::pin!(rows);
    while let Some(row) = rows.next().await {
        if socket.send(Message::text(row)).await.is_err() { //~ deaf_loop
            break;
        }
    }
}

/// Receives only once, in a nested `match`.
async fn once(mut socket: WebSocket) -> anyhow::Result<()> { //~ no_receive_loop
    let first = socket.recv().await.context("nothing")??;
    match first {
        Message::Text(text) => match text.as_str() {
            "a" => socket.send(Message::text("A")).await?,
            _ => socket.send(Message::text("?")).await?,
        },
        _ => anyhow::bail!("binary"),
    }
    Ok(())
}

/// Spins by `if let`, with a label.
async fn spins(mut rx: Rx) {
    'outer: loop {
        let Some(message) = rx.next().await else { continue 'outer }; //~ spinning_loop
        let Ok(message) = message else { break 'outer };
        tracing::info!(?message);
    }
}

/// Spins in a `select!` whose branch has no `else`.
async fn spins_in_select(mut socket: WebSocket, mut events: broadcast::Receiver<Arc<str>>) {
    loop {
        tokio::select! {
            message = socket.recv() => { //~ spinning_loop
                match message {
                    Some(Ok(Message::Text(text))) => tracing::info!(%text),
                    Some(Ok(_)) => {}
                    Some(Err(_)) => return,
                    None => tracing::debug!("none"),
                }
            }
            event = events.recv() => match event {
                Ok(event) => {
                    if socket.send(Message::text(event.to_string())).await.is_err() { return }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
        }
    }
}

/// Forgets the `await` at the end of a chain.
async fn forgets(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let reply = match message {
            Message::Text(text) => Message::Text(text),
            Message::Close(_) => break,
            _ => continue,
        };
        _ = socket.send(reply); //~ missing_await
    }
}

/// Forgets it in an arm.
async fn forgets_in_arm(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        match message {
            Message::Text(text) => drop(socket.send(Message::Text(text))), //~ missing_await
            Message::Close(_) => return,
            _ => {}
        }
    }
}

/// Blocks with a lock of std behind a method.
struct Store(std::sync::Mutex<Vec<String>>);

impl Store {
    fn load(&self) -> String {
        std::fs::read_dir(".").map(|all| all.count()).unwrap_or(0).to_string()
    }
}

async fn stored(mut socket: WebSocket, State(store): State<Arc<Store>>) {
    while let Some(Ok(_)) = socket.recv().await {
        let text = store.load(); //~ blocking_call
        if socket.send(Message::text(text)).await.is_err() {
            break;
        }
    }
}

/// Detached, in a `let _ = async`.
async fn detaches(socket: WebSocket, State(state): State<AppState>) {
    let (mut tx, mut rx) = socket.split();
    let mut events = state.tx.subscribe();
    let _pushing = tokio::spawn(async move { //~ detached_task
        while let Ok(event) = events.recv().await { //~ lagged_feed
            if tx.send(Message::text(event.to_string())).await.is_err() {
                return;
            }
        }
    });
    while let Some(Ok(_)) = rx.next().await {}
}
