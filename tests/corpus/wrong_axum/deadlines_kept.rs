//! Halves of a socket in two functions or blocks, all but the last with a deadline. A layer compares the origin.

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{broadcast, mpsc, watch};

struct App {
    events: broadcast::Sender<String>,
    price: watch::Receiver<f64>,
}

async fn read(mut stream: SplitStream<WebSocket>, app: Arc<App>) {
    while let Ok(Some(Ok(message))) = tokio::time::timeout(Duration::from_secs(60), stream.next()).await {
        match message {
            Message::Text(text) => {
                let _ = app.events.send(text.to_string());
            }
            _ => {}
        }
    }
}

async fn write(mut sink: SplitSink<WebSocket, Message>, mut price: watch::Receiver<f64>) {
    while price.changed().await.is_ok() {
        let now = price.borrow().to_string();
        if sink.send(Message::text(now)).await.is_err() {
            return;
        }
    }
}

async fn read_on(mut stream: SplitStream<WebSocket>, app: Arc<App>) {
    while let Some(Ok(message)) = stream.next().await {
        if let Message::Text(text) = message {
            let _ = app.events.send(text.to_string());
        }
    }
}

async fn write_pings(mut sink: SplitSink<WebSocket, Message>, mut price: watch::Receiver<f64>) {
    let mut pings = tokio::time::interval(Duration::from_secs(20));
    loop {
        tokio::select! {
            _ = pings.tick() => if sink.send(Message::Ping(Vec::new().into())).await.is_err() { return },
            changed = price.changed() => {
                if changed.is_err() { return }
                let now = price.borrow().to_string();
                if sink.send(Message::text(now)).await.is_err() { return; }
            }
        }
    }
}

async fn two_functions(socket: WebSocket, State(app): State<Arc<App>>) {
    let (sink, stream) = socket.split();
    let mut writer = tokio::spawn(write(sink, app.price.clone()));
    let mut reader = tokio::spawn(read(stream, app.clone()));
    tokio::select! {
        _ = &mut writer => reader.abort(),
        _ = &mut reader => writer.abort(),
    }
}

async fn two_futures(socket: WebSocket, State(app): State<Arc<App>>) {
    let (sink, stream) = socket.split();
    tokio::select! {
        _ = write_pings(sink, app.price.clone()) => {}
        _ = read_on(stream, app.clone()) => {}
    }
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
}

/// A timer in the other half sends periodically.
async fn clock(socket: WebSocket, State(app): State<Arc<App>>) {
    let (mut sink, stream) = socket.split();
    let task = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            if sink.send(Message::text("tick")).await.is_err() {
                break;
            }
        }
    });
    read_on(stream, app).await;
    task.abort();
}

async fn in_time(socket: WebSocket, State(app): State<Arc<App>>) {
    let (sink, stream) = socket.split();
    let all = async {
        tokio::select! {
            _ = write(sink, app.price.clone()) => {}
            _ = read_on(stream, app.clone()) => {}
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(3600), all).await;
}

/// The client's pings are not the server's.
async fn control_frames(mut socket: WebSocket, State(app): State<Arc<App>>) { //~ no_deadline
    let mut price = app.price.clone();
    loop {
        tokio::select! {
            _ = price.changed() => if socket.send(Message::text("new")).await.is_err() { break },
            message = socket.recv() => match message {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(_)) => {}
                _ => break,
            }
        }
    }
}
