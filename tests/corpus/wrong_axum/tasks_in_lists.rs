//! Tasks that go on in lists, helpers and fields. A layer compares the origin.
use std::{collections::HashMap, sync::Arc, time::Duration};
use axum::extract::{State, ws::{Message, WebSocket, WebSocketUpgrade}};
use axum::response::Response;
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use sockeye::{Handshake, Sender, ws_endpoint};
use tokio::sync::{broadcast::{self, error::RecvError}, mpsc, watch};
use tokio::task::JoinHandle;

struct Market { prices: broadcast::Sender<String>, halted: watch::Sender<bool>, topics: HashMap<String, broadcast::Sender<String>> }

/// send ignored, leaves only on Closed of the feed
async fn o1(mut socket: WebSocket, market: Arc<Market>) {
    let (tx, mut rx) = mpsc::channel::<String>(32);
    let mut prices = market.prices.subscribe();
    tokio::spawn(async move { //~ orphaned_task
        loop {
            match prices.recv().await {
                Ok(price) => {
                    let _ = tx.send(price).await;
                }
                Err(RecvError::Lagged(n)) => tracing::warn!(n, "lagged"),
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
/// changed().is_err()
async fn o2(mut socket: WebSocket, State(market): State<Arc<Market>>) {
    let (tx, mut rx) = mpsc::channel::<bool>(4);
    let mut halted = market.halted.subscribe();
    tokio::spawn(async move { //~ orphaned_task
        loop {
            if halted.changed().await.is_err() {
                return;
            }
            let now = *halted.borrow_and_update();
            let _ = tx.send(now).await;
        }
    });
    loop {
        tokio::select! {
            message = socket.recv() => match message { Some(Ok(_)) => {}, _ => break },
            Some(now) = rx.recv() => if socket.send(Message::text(now.to_string())).await.is_err() { return },
        }
    }
}
/// Vec of JoinHandles dropped
async fn o3(socket: WebSocket, State(market): State<Arc<Market>>) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(tokio::sync::Mutex::new(sink));
    let mut jobs = Vec::new();
    for topic in market.topics.values() {
        let mut feed = topic.subscribe();
        let sink = sink.clone();
        jobs.push(tokio::spawn(async move { //~ orphaned_task
            loop {
                let text = match feed.recv().await {
                    Ok(text) => text,
                    Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => return,
                };
                if sink.lock().await.send(Message::text(text)).await.is_err() {
                    return;
                }
            }
        }));
    }
    while let Some(Ok(message)) = stream.next().await {
        tracing::debug!(?message);
    }
}
/// map of JoinHandles, removed on unsubscribe without abort
async fn o4(socket: WebSocket, State(market): State<Arc<Market>>) {
    let (tx, mut rx) = mpsc::channel::<String>(32);
    let (mut sink, mut stream) = socket.split();
    let mut running: HashMap<String, JoinHandle<()>> = HashMap::new();
    loop {
        tokio::select! {
            Some(text) = rx.recv() => if sink.send(Message::text(text)).await.is_err() { break },
            message = stream.next() => {
                let Some(Ok(Message::Text(name))) = message else { break }; //~ kind_ends_loop
                let Some(topic) = market.topics.get(name.as_str()) else { continue };
                let mut feed = topic.subscribe();
                let tx = tx.clone();
                running.insert(name.to_string(), tokio::spawn(async move { //~ orphaned_task
                    loop {
                        match feed.recv().await {
                            Ok(text) => { let _ = tx.send(text).await; }
                            Err(RecvError::Lagged(_)) => {}
                            Err(RecvError::Closed) => break,
                        }
                    }
                }));
            }
        }
    }
}
/// helper returns handle, dropped
fn start_ticker(mut sink: SplitSink<WebSocket, Message>, market: &Market) -> JoinHandle<()> {
    let mut prices = market.prices.subscribe();
    tokio::spawn(async move {
        loop {
            match prices.recv().await {
                Ok(price) => if sink.send(Message::text(price)).await.is_err() { break },
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => break,
            }
        }
    })
}
async fn o5(socket: WebSocket, market: Arc<Market>) {
    let (sink, mut stream) = socket.split();
    let _ticker = start_ticker(sink, &market); //~ detached_task
    while let Some(Ok(message)) = stream.next().await {
        if matches!(message, Message::Close(_)) { break }
    }
}
/// method returns handle, dropped
impl Market {
    fn follow(&self, mut sink: SplitSink<WebSocket, Message>) -> JoinHandle<()> {
        let mut prices = self.prices.subscribe();
        tokio::spawn(async move {
            loop {
                match prices.recv().await {
                    Ok(price) => if sink.send(Message::text(price)).await.is_err() { break },
                    Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => break,
                }
            }
        })
    }
}
async fn o6(socket: WebSocket, State(market): State<Arc<Market>>) {
    let (sink, mut stream) = socket.split();
    market.follow(sink); //~ detached_task
    while let Some(Ok(_)) = stream.next().await {}
}
/// sockeye, Vec
/// Doc.
#[ws_endpoint("/o7")]
async fn o7(handshake: Handshake, State(market): State<Arc<Market>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut tasks: Vec<JoinHandle<()>> = vec![];
    for topic in market.topics.values() {
        let (sender, mut feed) = (sender.clone(), topic.subscribe());
        tasks.push(tokio::spawn(async move { //~ orphaned_task
            loop {
                match feed.recv().await {
                    Ok(text) => if sender.send(text).await.is_err() { break },
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                }
            }
        }));
    }
    while let Some(message) = receiver.recv().await? {
        tracing::info!(?message);
    }
    Ok(())
}
/// sockeye: send ignored with while changed
/// Doc.
#[ws_endpoint("/o8")]
async fn o8(handshake: Handshake, State(market): State<Arc<Market>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (tx, mut rx) = mpsc::channel(8);
    let mut halted = market.halted.subscribe();
    tokio::spawn(async move { //~ orphaned_task
        while halted.changed().await.is_ok() {
            tx.send(*halted.borrow()).await.ok();
        }
    });
    loop {
        tokio::select! {
            Some(now) = rx.recv() => socket.send(now.to_string()).await?,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}
/// struct with tasks
struct Session { jobs: Vec<JoinHandle<()>>, id: u64 }
impl Session {
    fn watch(&mut self, mut feed: broadcast::Receiver<String>, sender: Sender) {
        self.jobs.push(tokio::spawn(async move { //~ orphaned_task
            loop {
                match feed.recv().await {
                    Ok(text) => if sender.send(text).await.is_err() { break },
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                }
            }
        }));
    }
}
/// Doc.
#[ws_endpoint("/o9")]
async fn o9(handshake: Handshake, State(market): State<Arc<Market>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut session = Session { jobs: Vec::new(), id: 3 };
    session.watch(market.prices.subscribe(), sender.clone());
    while let Some(message) = receiver.recv().await? {
        tracing::info!(session.id, ?message);
    }
    Ok(())
}
/// async fn relay spawned with own sender ignoring errors
async fn relay(mut feed: broadcast::Receiver<String>, out: mpsc::Sender<String>) {
    loop {
        match feed.recv().await {
            Ok(text) => { let _ = out.send(text).await; }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => break,
        }
    }
}
async fn o10(mut socket: WebSocket, market: Arc<Market>) {
    let (tx, mut rx) = mpsc::channel::<String>(32);
    tokio::spawn(relay(market.prices.subscribe(), tx)); //~ orphaned_task
    loop {
        tokio::select! {
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
            Some(text) = rx.recv() => if socket.send(Message::text(text)).await.is_err() { break },
        }
    }
}
/// map/collect handles
async fn o11(socket: WebSocket, State(market): State<Arc<Market>>) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(tokio::sync::Mutex::new(sink));
    let _jobs: Vec<_> = market.topics.values().map(|topic| {
        let (mut feed, sink) = (topic.subscribe(), sink.clone());
        tokio::spawn(async move { //~ orphaned_task
            loop {
                match feed.recv().await {
                    Ok(text) => if sink.lock().await.send(Message::text(text)).await.is_err() { return },
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        })
    }).collect();
    while let Some(Ok(message)) = stream.next().await {
        tracing::debug!(?message);
    }
}
