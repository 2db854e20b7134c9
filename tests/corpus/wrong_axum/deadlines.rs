//! Halves of a socket in two functions or blocks, without a deadline. A layer compares the origin.

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
    while let Some(Ok(message)) = stream.next().await {
        match message {
            Message::Text(text) => {
                let _ = app.events.send(text.to_string());
            }
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Close(_) => break,
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

async fn two_functions(socket: WebSocket, State(app): State<Arc<App>>) { //~ no_deadline
    let (sink, stream) = socket.split();
    let mut writer = tokio::spawn(write(sink, app.price.clone()));
    let mut reader = tokio::spawn(read(stream, app.clone()));
    tokio::select! {
        _ = &mut writer => reader.abort(),
        _ = &mut reader => writer.abort(),
    }
}

async fn two_futures(socket: WebSocket, State(app): State<Arc<App>>) { //~ no_deadline
    let (sink, stream) = socket.split();
    tokio::select! {
        _ = write(sink, app.price.clone()) => {}
        _ = read(stream, app.clone()) => {}
    }
}

async fn two_blocks(socket: WebSocket, State(app): State<Arc<App>>) { //~ no_deadline
    let (mut sink, mut stream) = socket.split();
    let mut price = app.price.clone();
    let out = async move {
        while price.changed().await.is_ok() {
            let now = price.borrow().to_string();
            if sink.send(Message::text(now)).await.is_err() {
                return;
            }
        }
    };
    let inn = async move {
        while let Some(Ok(message)) = stream.next().await {
            match message {
                Message::Text(text) => tracing::info!(%text),
                Message::Ping(data) => tracing::debug!(?data, "ping"),
                _ => {}
            }
        }
    };
    futures_util::pin_mut!(out, inn);
    futures_util::future::select(out, inn).await;
}

async fn one_loop(mut socket: WebSocket, State(app): State<Arc<App>>) { //~ no_deadline
    let mut price = app.price.clone();
    loop {
        tokio::select! {
            changed = price.changed() => {
                if changed.is_err() { break; }
                let now = price.borrow().to_string();
                if socket.send(Message::text(now)).await.is_err() { break; }
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Ping(_))) => {}
                Some(Ok(Message::Text(text))) => { let _ = app.events.send(text.to_string()); }
                Some(Ok(_)) => {}
                _ => break,
            }
        }
    }
}

async fn writer_task(socket: WebSocket, State(app): State<Arc<App>>) { //~ no_deadline
    let (sink, stream) = socket.split();
    let task = tokio::spawn(write(sink, app.price.clone()));
    read(stream, app).await;
    task.abort();
}
