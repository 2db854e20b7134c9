//! Mistakes as they are found in programs of various people.
//!
//! A layer around the router checks the origin.

use std::{
    collections::HashMap,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{
        Path, Query, State,
        ws::{self, Message, WebSocket, WebSocketUpgrade, close_code},
    },
    response::{IntoResponse, Response},
    routing::any,
};
use futures_util::{SinkExt as _, StreamExt as _, TryFutureExt as _, stream::SplitSink};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::{
    select, spawn,
    sync::{RwLock, broadcast, mpsc, watch},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

#[derive(Clone, Serialize)]
struct Quote {
    symbol: String,
    price: f64,
}

#[derive(Clone)]
struct Market {
    quotes: broadcast::Sender<Quote>,
    latest: watch::Receiver<Option<Quote>>,
}

/// Serializes in a loop, and shrugs.
async fn quotes(ws: WebSocketUpgrade, State(market): State<Market>) -> Response {
    ws.on_upgrade(|socket| async move {
        let (mut tx, mut rx) = socket.split();
        let mut quotes = market.quotes.subscribe();
        let send = async {
            loop {
                let quote = match quotes.recv().await {
                    Ok(quote) => quote,
                    Err(broadcast::error::RecvError::Lagged(_)) => continue,
                    Err(broadcast::error::RecvError::Closed) => break,
                };
                let Ok(text) = serde_json::to_string(&quote) else { continue };
                if let Err(err) = tx.send(ws::Message::Text(text.into())).await { //~ swallowed_error
                    log::error!("ws send: {err}");
                }
            }
        };
        let receive = async {
            while let Some(msg) = rx.next().await {
                match msg {
                    Ok(ws::Message::Close(_)) | Err(_) => break,
                    Ok(_) => {}
                }
            }
        };
        tokio::join!(send, receive);
    })
}

/// The latest, by a method that takes the half.
struct Publisher {
    tx: SplitSink<WebSocket, Message>,
}

impl Publisher {
    async fn publish(&mut self, quote: &Quote) -> Result<(), axum::Error> {
        let text = json!({ "symbol": quote.symbol, "price": quote.price }).to_string();
        self.tx.send(Message::text(text)).await
    }

    async fn follow(mut self, mut latest: watch::Receiver<Option<Quote>>) {
        while latest.changed().await.is_ok() {
            let Some(quote) = latest.borrow_and_update().clone() else { continue };
            let _ = self.publish(&quote).await; //~ swallowed_error
        }
    }
}

async fn latest(socket: WebSocket, market: Market) {
    let (tx, mut rx) = socket.split();
    let publisher = Publisher { tx };
    let reading = async { while let Some(Ok(_)) = rx.next().await {} };
    tokio::join!(publisher.follow(market.latest.clone()), reading);
}

/// Every tenth of a second, a frame of a game; errors go to the log.
async fn game(socket: WebSocket) {
    let (mut tx, mut rx) = socket.split();
    let game = spawn(async move {
        let mut frame = 0u64;
        let mut next = Instant::now();
        loop {
            next += Duration::from_millis(100);
            sleep_until(next).await;
            frame += 1;
            tx.send(Message::Binary(frame.to_be_bytes().to_vec().into())) //~ swallowed_error
                .await
                .map_err(|error| eprintln!("frame {frame}: {error}"))
                .unwrap_or(());
        }
    });
    while let Some(Ok(message)) = rx.next().await {
        println!("{message:?}");
    }
    game.await.unwrap();
}

/// A worker pushes what the database says, and the function returns early.
async fn tail(mut socket: WebSocket, Query(query): Query<HashMap<String, String>>) { //~ no_receive_loop
    let n = query.get("n").and_then(|n| n.parse::<usize>().ok()).unwrap_or(10).min(100);
    let mut i = 0;
    while i < n {
        if let Err(e) = socket.send(Message::text(format!("line {i}"))).await {
            eprintln!("{e}");
            return;
        }
        i += 1;
    }
}

/// Iterates with `zip`.
async fn zipped(socket: WebSocket) { //~ no_receive_loop
    let (mut tx, _rx) = socket.split();
    for (i, name) in (0..).zip(["a", "b", "c"]) {
        let sent = tx.send(Message::text(format!("{i}: {name}"))).await;
        if sent.is_err() {
            break;
        }
    }
}

/// The error ends only the inner loop.
async fn batches(socket: WebSocket, mut rows: broadcast::Receiver<Vec<String>>) {
    let (mut tx, mut rx) = socket.split();
    let push = async {
        loop {
            let Ok(rows) = rows.recv().await.inspect_err(|error| tracing::warn!(%error)) else { return };
            for row in rows {
                if tx.feed(Message::text(row)).await.is_err() { //~ swallowed_error
                    break;
                }
            }
            let _ = tx.flush().await;
        }
    };
    let read = async { while let Some(Ok(_)) = rx.next().await {} };
    tokio::join!(push, read);
}

/// Sends from a queue that lives in the state.
#[derive(Clone, Default)]
struct Peers(Arc<RwLock<HashMap<usize, mpsc::Sender<Message>>>>);

static NEXT: AtomicUsize = AtomicUsize::new(1);

impl Peers {
    async fn enter(&self, id: usize) -> mpsc::Receiver<Message> {
        let (tx, rx) = mpsc::channel(32);
        self.0.write().await.insert(id, tx);
        rx
    }

    async fn leave(&self, id: usize) {
        self.0.write().await.remove(&id);
    }
}

async fn pump(mut tx: SplitSink<WebSocket, Message>, mut outbox: mpsc::Receiver<Message>) {
    while let Some(message) = outbox.recv().await {
        tx.send(message).await.ok(); //~ swallowed_error
    }
}

/// The peer leaves after the pump has ended, which it does when the peer has left.
async fn peer(socket: WebSocket, peers: Peers) {
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let outbox = peers.enter(id).await;
    let (tx, mut rx) = socket.split();
    let reading = async { while let Some(Ok(_)) = rx.next().await {} };
    tokio::join!(pump(tx, outbox), reading);
    peers.leave(id).await;
}

/// The receiver is a field, the loop a `match` with `_`.
struct Listener {
    rx: broadcast::Receiver<Quote>,
}

async fn listens(mut socket: WebSocket, mut listener: Listener) {
    loop {
        select! {
            quote = listener.rx.recv() => match quote {
                Ok(quote) => {
                    let text = serde_json::to_string(&quote).unwrap_or_default();
                    if socket.send(Message::text(text)).await.is_err() { break }
                }
                _ => break, //~ lagged_feed
            },
            message = socket.recv() => {
                let Some(Ok(_)) = message else { break };
            }
        }
    }
}

/// `?` on the result of a closure that is spawned.
async fn task(socket: WebSocket, market: Market) {
    let (mut tx, mut rx) = socket.split();
    let mut quotes = market.quotes.subscribe();
    let pushing = spawn(async move {
        loop {
            let quote = quotes.recv().await?; //~ lagged_feed
            tx.send(Message::text(quote.symbol)).await?;
        }
        #[allow(unreachable_code)]
        anyhow::Ok(())
    });
    while let Some(Ok(_)) = rx.next().await {}
    pushing.abort();
}

/// `and_then` of two futures that nobody awaits.
async fn chained(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if let Message::Ping(data) = &message {
            let _ = socket.send(Message::Pong(data.clone())); //~ missing_await
        }
    }
}

/// Spins at the end of the stream.
async fn spins(socket: WebSocket) {
    let (_tx, mut rx) = socket.split();
    loop {
        match rx.next().await.transpose() { //~ spinning_loop
            Ok(Some(message)) => tracing::info!(?message),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error);
                return;
            }
        }
    }
}

/// Reports in turn, with a pause that blocks.
async fn pauses(mut socket: WebSocket) {
    use std::thread;
    while let Some(Ok(_)) = socket.recv().await {
        for step in 0..3 {
            thread::sleep(Duration::from_millis(100)); //~ blocking_call
            if socket.send(Message::text(step.to_string())).await.is_err() {
                return;
            }
        }
    }
}

/// Through an alias of the module.
async fn aliased(mut socket: WebSocket) {
    use std::fs as files;
    while let Some(Ok(_)) = socket.recv().await {
        let text = files::read_to_string("motd").unwrap_or_else(|_| "none".into()); //~ blocking_call
        let Ok(()) = socket.send(Message::text(text)).await else { return };
    }
}
