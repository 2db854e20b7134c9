//! Tasks that ping in plain axum, and end with the connection. A layer compares the origin.

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

async fn quick_loop(mut sink: SplitSink<WebSocket, Message>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(2));
    loop {
        ticks.tick().await;
        if sink.send(Message::Ping(Vec::new().into())).await.is_err() {
            break;
        }
    }
}

async fn listen(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let mut ping = tokio::spawn(ping_loop(sink));
    loop {
        tokio::select! {
            _ = &mut ping => break,
            message = stream.next() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
    ping.abort();
}

async fn quick(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    tokio::spawn(quick_loop(sink));
    while let Some(Ok(message)) = stream.next().await {
        tracing::debug!(?message);
    }
}

async fn awaited(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let read = async move { while let Some(Ok(_)) = stream.next().await {} };
    tokio::select! {
        _ = ping_loop(sink) => {}
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
    let _ = sink.lock().await.close().await;
}

async fn kept(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(Mutex::new(sink));
    let seen = Arc::new(Mutex::new(Instant::now()));
    tokio::spawn(heartbeat(sink.clone(), seen.clone()));
    while let Some(Ok(message)) = stream.next().await {
        *seen.lock().await = Instant::now();
        if sink.lock().await.send(message).await.is_err() {
            break;
        }
    }
}
