//! Tasks that end with their connection, in lists and helpers. A layer compares the origin.
use axum::extract::{
    State,
    ws::{Message, WebSocket},
};
use futures_util::{SinkExt, StreamExt, future::join_all};
use sockeye::{Handshake, ws_endpoint};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc, watch,
};
use tokio::task::JoinHandle;

struct Market {
    prices: broadcast::Sender<String>,
    halted: watch::Sender<bool>,
    topics: HashMap<String, broadcast::Sender<String>>,
}

async fn aborted(socket: WebSocket, market: Arc<Market>) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(tokio::sync::Mutex::new(sink));
    let mut jobs = Vec::new();
    for topic in market.topics.values() {
        let (mut feed, sink) = (topic.subscribe(), sink.clone());
        jobs.push(tokio::spawn(async move {
            loop {
                match feed.recv().await {
                    Ok(text) => {
                        if sink.lock().await.send(Message::text(text)).await.is_err() {
                            return;
                        }
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        }));
    }
    while let Some(Ok(_)) = stream.next().await {}
    for job in jobs {
        job.abort();
    }
}
struct AbortAll(Vec<JoinHandle<()>>);
impl Drop for AbortAll {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}
async fn guarded(socket: WebSocket, market: Arc<Market>) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(tokio::sync::Mutex::new(sink));
    let mut jobs = Vec::new();
    for topic in market.topics.values() {
        let (mut feed, sink) = (topic.subscribe(), sink.clone());
        jobs.push(tokio::spawn(async move {
            loop {
                match feed.recv().await {
                    Ok(text) => {
                        if sink.lock().await.send(Message::text(text)).await.is_err() {
                            return;
                        }
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        }));
    }
    let _jobs = AbortAll(jobs);
    while let Some(Ok(_)) = stream.next().await {}
}
// the sender ends it
async fn noticed(mut socket: WebSocket, market: Arc<Market>) {
    let (tx, mut rx) = mpsc::channel::<String>(32);
    let mut prices = market.prices.subscribe();
    tokio::spawn(async move {
        loop {
            match prices.recv().await {
                Ok(price) => {
                    if tx.send(price).await.is_err() {
                        break;
                    }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            }
        }
    });
    loop {
        tokio::select! {
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
            Some(text) = rx.recv() => if socket.send(Message::text(text)).await.is_err() { break },
        }
    }
}
async fn closed(mut socket: WebSocket, market: Arc<Market>) {
    let (tx, mut rx) = mpsc::channel::<String>(32);
    let mut prices = market.prices.subscribe();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = tx.closed() => break,
                price = prices.recv() => match price {
                    Ok(price) => {
                        let _ = tx.send(price).await;
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                },
            }
        }
    });
    loop {
        tokio::select! {
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
            Some(text) = rx.recv() => if socket.send(Message::text(text)).await.is_err() { break },
        }
    }
}
// the feed is the connection's own
async fn own_feed(mut socket: WebSocket) {
    let (events, _) = broadcast::channel::<String>(16);
    let (tx, mut rx) = mpsc::channel::<String>(32);
    let mut own = events.subscribe();
    tokio::spawn(async move {
        loop {
            match own.recv().await {
                Ok(price) => {
                    let _ = tx.send(price).await;
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            }
        }
    });
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(message)) => { let _ = events.send(format!("{message:?}")); }
                _ => break,
            },
            Some(text) = rx.recv() => if socket.send(Message::text(text)).await.is_err() { break },
        }
    }
}
// one-shot tasks in a list
async fn lookups(mut socket: WebSocket) {
    let mut jobs = Vec::new();
    let (tx, mut rx) = mpsc::channel::<String>(8);
    loop {
        tokio::select! {
            message = socket.recv() => {
                let Some(Ok(message)) = message else { break };
                let tx = tx.clone();
                jobs.push(tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    let _ = tx.send(format!("{message:?}")).await;
                }));
                jobs.retain(|job: &JoinHandle<()>| !job.is_finished());
            }
            Some(text) = rx.recv() => if socket.send(Message::text(text)).await.is_err() { break },
        }
    }
}
// stopped through a channel, then awaited
async fn stopped(socket: WebSocket, market: Arc<Market>) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(tokio::sync::Mutex::new(sink));
    let (stop, stopping) = watch::channel(false);
    let mut jobs = Vec::new();
    for topic in market.topics.values() {
        let (mut feed, sink, mut stopping) = (topic.subscribe(), sink.clone(), stopping.clone());
        jobs.push(tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = stopping.changed() => return,
                    event = feed.recv() => match event {
                        Ok(text) => if sink.lock().await.send(Message::text(text)).await.is_err() { return },
                        Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => return,
                    },
                }
            }
        }));
    }
    while let Some(Ok(_)) = stream.next().await {}
    let _ = stop.send(true);
    join_all(jobs).await;
}
// relay ends with queue
async fn relay(mut feed: broadcast::Receiver<String>, out: mpsc::Sender<String>) {
    loop {
        match feed.recv().await {
            Ok(text) => {
                if out.send(text).await.is_err() {
                    break;
                }
            }
            Err(RecvError::Lagged(_)) => {
                let _ = out.send("gap".to_owned()).await;
            }
            Err(RecvError::Closed) => break,
        }
    }
}
async fn relayed(mut socket: WebSocket, market: Arc<Market>) {
    let (tx, mut rx) = mpsc::channel::<String>(32);
    tokio::spawn(relay(market.prices.subscribe(), tx));
    loop {
        tokio::select! {
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
            Some(text) = rx.recv() => if socket.send(Message::text(text)).await.is_err() { break },
        }
    }
}
// best effort relay, but whose handle is kept and aborted
async fn best_effort(mut feed: broadcast::Receiver<String>, out: mpsc::Sender<String>) {
    loop {
        match feed.recv().await {
            Ok(text) => {
                let _ = out.try_send(text);
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => break,
        }
    }
}
async fn best(mut socket: WebSocket, market: Arc<Market>) {
    let (tx, mut rx) = mpsc::channel::<String>(32);
    let task = tokio::spawn(best_effort(market.prices.subscribe(), tx));
    loop {
        tokio::select! {
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
            Some(text) = rx.recv() => if socket.send(Message::text(text)).await.is_err() { break },
        }
    }
    task.abort();
}
// ends with its own condition
async fn counted(mut socket: WebSocket, market: Arc<Market>) {
    let (tx, mut rx) = mpsc::channel::<String>(32);
    let mut prices = market.prices.subscribe();
    tokio::spawn(async move {
        let mut count = 0;
        loop {
            match prices.recv().await {
                Ok(price) => {
                    let _ = tx.send(price).await;
                    count += 1;
                    if count == 10 {
                        break;
                    }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            }
        }
    });
    loop {
        tokio::select! {
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
            Some(text) = rx.recv() => if socket.send(Message::text(text)).await.is_err() { break },
        }
    }
}
/// Subscriptions by name.
#[ws_endpoint("/r/subscriptions")]
async fn subscriptions(handshake: Handshake, State(market): State<Arc<Market>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut running: HashMap<String, JoinHandle<()>> = HashMap::new();
    while let Ok(Some(message)) = receiver.recv().await {
        let Some(name) = message.as_text() else { continue };
        if let Some(old) = running.remove(name) {
            old.abort();
            continue;
        }
        let Some(topic) = market.topics.get(name) else { continue };
        let (sender, mut feed) = (sender.clone(), topic.subscribe());
        running.insert(
            name.to_string(),
            tokio::spawn(async move {
                loop {
                    match feed.recv().await {
                        Ok(text) => {
                            if sender.send(text).await.is_err() {
                                break;
                            }
                        }
                        Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => break,
                    }
                }
            }),
        );
    }
    running.into_values().for_each(|task| task.abort());
    Ok(())
}
/// Tied.
#[ws_endpoint("/r/tied")]
async fn tied(handshake: Handshake, State(market): State<Arc<Market>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    for topic in market.topics.values() {
        let (out, mut feed) = (sender.clone(), topic.subscribe());
        sender.spawn(async move {
            loop {
                match feed.recv().await {
                    Ok(text) => {
                        if out.send(text).await.is_err() {
                            break;
                        }
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                }
            }
        });
    }
    while let Some(message) = receiver.recv().await? {
        tracing::info!(?message);
    }
    Ok(())
}
