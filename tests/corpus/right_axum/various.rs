//! Right handlers, by various people.
//!
//! A layer around the router checks the origin.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::IntoResponse,
};
use futures_util::{
    FutureExt, Sink, SinkExt, Stream, StreamExt, TryStreamExt, future,
    stream::{FuturesUnordered, SplitSink, SplitStream},
};
use tokio::{
    sync::{Mutex, broadcast, broadcast::error::RecvError, mpsc, oneshot, watch},
    task::{self, JoinHandle, JoinSet},
    time::{interval, sleep, timeout},
};

type Tx = SplitSink<WebSocket, Message>;
type Rx = SplitStream<WebSocket>;
type SharedTx = Arc<Mutex<Tx>>;

#[derive(Clone)]
struct AppState {
    tx: broadcast::Sender<Arc<str>>,
    stats: watch::Receiver<u64>,
}

async fn heartbeat(tx: SharedTx) {
    let mut ticker = interval(Duration::from_secs(20));
    loop {
        ticker.tick().await;
        let _ = tx.lock().await.send(Message::Ping(Bytes::new())).await;
    }
}

async fn drain(mut rx: Rx) {
    while let Some(Ok(_)) = rx.next().await {}
}

/// The heartbeat is dropped with the `select!`.
async fn with_heartbeat(socket: WebSocket) {
    let (tx, rx) = socket.split();
    let tx = Arc::new(Mutex::new(tx));
    tokio::select! {
        () = heartbeat(tx.clone()) => {}
        () = drain(rx) => {}
    }
}

/// The caller of the caller selects.
async fn push_stats(mut tx: Tx, mut stats: watch::Receiver<u64>) {
    while stats.changed().await.is_ok() {
        let now = *stats.borrow_and_update();
        tx.send(Message::text(now.to_string())).await.ok();
    }
}

async fn greet_and_push(mut tx: Tx, stats: watch::Receiver<u64>) {
    if tx.send(Message::text("hello")).await.is_ok() {
        push_stats(tx, stats).await;
    }
}

async fn stats(socket: WebSocket, State(state): State<AppState>) {
    let (tx, rx) = socket.split();
    let pushing = greet_and_push(tx, state.stats.clone());
    let reading = drain(rx);
    tokio::select! { () = pushing => {} () = reading => {} }
}

/// A handle that the caller aborts.
fn start(mut tx: Tx, mut events: broadcast::Receiver<Arc<str>>) -> JoinHandle<()> {
    task::spawn(async move {
        loop {
            match events.recv().await {
                Ok(event) => {
                    if let Err(e) = tx.send(Message::text(event.to_string())).await {
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
    pushing.abort();
}

/// The first of a list.
async fn listed(socket: WebSocket, State(state): State<AppState>) {
    let (tx, rx) = socket.split();
    let futures = vec![push_stats2(tx, state.stats.clone()).boxed(), drain(rx).boxed()];
    future::select_all(futures).await;
}

async fn push_stats2(mut tx: Tx, mut stats: watch::Receiver<u64>) {
    while stats.changed().await.is_ok() {
        let now = *stats.borrow_and_update();
        tx.send(Message::text(now.to_string())).await.ok();
    }
}

/// `try_join` ends at the error that the reader returns.
async fn relay(
    mut out: impl Sink<Message> + Unpin,
    mut events: broadcast::Receiver<Arc<str>>,
) -> Result<(), &'static str> {
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return Err("closed"),
        };
        let _ = out.send(Message::text(event.to_string())).await;
    }
}

async fn listen(
    mut messages: impl Stream<Item = Result<Message, axum::Error>> + Unpin,
) -> Result<(), &'static str> {
    while let Ok(Some(message)) = messages.try_next().await {
        tracing::info!(?message);
    }
    Err("gone")
}

async fn relayed(ws: WebSocketUpgrade, State(state): State<AppState>) -> impl IntoResponse {
    ws.on_upgrade(|socket| async move {
        let (out, messages) = socket.split();
        let _ = tokio::try_join!(relay(out, state.tx.subscribe()), listen(messages));
    })
}

/// A session that is told by its reader.
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
        let (gone, is_gone) = oneshot::channel();
        tokio::join!(Self::write(tx, state.tx.subscribe(), is_gone), Self::read(rx, gone));
    }

    async fn write(mut tx: Tx, mut events: broadcast::Receiver<Arc<str>>, mut gone: oneshot::Receiver<()>) {
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Ok(event) => drop(tx.send(Message::text(event.to_string())).await),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                _ = &mut gone => return,
            }
        }
    }

    async fn read(mut rx: Rx, gone: oneshot::Sender<()>) {
        while let Some(Ok(message)) = rx.next().await {
            tracing::debug!(?message);
        }
        let _ = gone.send(());
    }
}

async fn session(ws: WebSocketUpgrade, State(state): State<AppState>) -> impl IntoResponse {
    ws.on_upgrade(move |socket| Session::new(socket, state).run())
}

/// The first of the set, which is dropped then.
async fn first(socket: WebSocket, State(state): State<AppState>) {
    let (tx, rx) = socket.split();
    let mut set = JoinSet::new();
    set.spawn(push_stats3(tx, state.stats.clone()));
    set.spawn(drain(rx));
    while let Some(ended) = set.join_next().await {
        tracing::info!(?ended);
        break;
    }
}

async fn push_stats3(mut tx: Tx, mut stats: watch::Receiver<u64>) {
    loop {
        if stats.changed().await.is_err() {
            break;
        }
        let now = *stats.borrow_and_update();
        let _ = tx.send(Message::text(now.to_string())).await;
    }
}

/// The first of unordered futures.
async fn unordered(socket: WebSocket, State(state): State<AppState>) {
    let (tx, rx) = socket.split();
    let mut both = FuturesUnordered::new();
    both.push(push_stats4(tx, state.stats.clone()).boxed());
    both.push(drain(rx).boxed());
    both.next().await;
}

async fn push_stats4(mut tx: Tx, mut stats: watch::Receiver<u64>) {
    while stats.changed().await.is_ok() {
        let now = *stats.borrow_and_update();
        let _ = tx.send(Message::text(now.to_string())).await;
    }
}

/// `now_or_never`, a limit, and a fuse.
async fn limited(socket: WebSocket, State(state): State<AppState>) {
    let (tx, rx) = socket.split();
    let pushing = push_stats5(tx, state.stats.clone()).fuse();
    let reading = drain(rx).fuse();
    futures_util::pin_mut!(pushing, reading);
    futures_util::select! {
        () = pushing => {}
        () = reading => {}
    }
}

async fn push_stats5(mut tx: Tx, mut stats: watch::Receiver<u64>) {
    while let Ok(Ok(())) = timeout(Duration::from_secs(60), stats.changed()).await {
        let now = *stats.borrow_and_update();
        let _ = tx.send(Message::text(now.to_string())).await;
    }
}

/// Ten beats, whether they arrive or not, and a reader that is waited for.
async fn ten_beats(mut tx: Tx) {
    for _ in 0..10 {
        sleep(Duration::from_secs(1)).await;
        let _ = tx.send(Message::Ping(Bytes::new())).await;
    }
}

async fn ten(socket: WebSocket) {
    let (tx, rx) = socket.split();
    tokio::join!(ten_beats(tx), drain(rx));
}

/// A failed beat is counted, and three are enough.
async fn three_strikes(mut tx: Tx) {
    let mut failed = 0;
    while failed < 3 {
        sleep(Duration::from_secs(5)).await;
        if tx.send(Message::Ping(Bytes::new())).await.is_err() {
            failed += 1;
        }
    }
}

async fn strikes(socket: WebSocket) {
    let (tx, rx) = socket.split();
    tokio::join!(three_strikes(tx), drain(rx));
}

/// The queue of the client, from a table, which the reader clears.
async fn write(mut tx: Tx, mut outbox: mpsc::Receiver<Message>) {
    while let Some(message) = outbox.recv().await {
        let _ = tx.send(message).await;
    }
}

#[derive(Clone, Default)]
struct Table(Arc<Mutex<std::collections::HashMap<u64, mpsc::Sender<Message>>>>);

impl Table {
    async fn add(&self, id: u64) -> mpsc::Receiver<Message> {
        let (tx, rx) = mpsc::channel(8);
        self.0.lock().await.insert(id, tx);
        rx
    }
}

async fn seated(socket: WebSocket, State(table): State<Table>) {
    let (tx, rx) = socket.split();
    let outbox = table.add(7).await;
    let reading = async {
        drain(rx).await;
        table.0.lock().await.remove(&7);
    };
    tokio::join!(write(tx, outbox), reading);
}
