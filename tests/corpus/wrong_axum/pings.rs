//! Tasks that ping in plain axum, and are left alone. A layer compares the origin.

use axum::extract::ws::{Message, WebSocket};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

async fn ping_loop(mut sink: SplitSink<WebSocket, Message>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(30));
    loop {
        ticks.tick().await;
        if sink.send(Message::Ping(Vec::new().into())).await.is_err() {
            break;
        }
    }
}

async fn listen(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let ping = tokio::spawn(ping_loop(sink)); //~ orphaned_task
    let read = tokio::spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
    tokio::select! {
        _ = ping => {}
        _ = read => {}
    }
}

async fn heartbeat(sink: Arc<Mutex<SplitSink<WebSocket, Message>>>, seen: Arc<Mutex<Instant>>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(30));
    loop {
        ticks.tick().await;
        let since = *seen.lock().await;
        if since.elapsed() > Duration::from_secs(90) {
            break;
        }
        if sink.lock().await.send(Message::Ping(Vec::new().into())).await.is_err() {
            break;
        }
    }
}

async fn kept(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(Mutex::new(sink));
    let seen = Arc::new(Mutex::new(Instant::now()));
    tokio::spawn(heartbeat(sink.clone(), seen.clone())); //~ detached_task
    while let Some(Ok(message)) = stream.next().await {
        *seen.lock().await = Instant::now();
        if sink.lock().await.send(message).await.is_err() {
            break;
        }
    }
}

async fn early_two(socket: WebSocket) -> Result<(), axum::Error> {
    let (sink, mut stream) = socket.split();
    let ping = tokio::spawn(ping_loop(sink));
    while let Some(message) = stream.next().await {
        let message = message?; //~ orphaned_task
        tracing::debug!(?message);
    }
    ping.abort();
    Ok(())
}
