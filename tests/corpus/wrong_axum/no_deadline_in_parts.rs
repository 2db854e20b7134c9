//! Conversations in tasks, blocks, helpers and methods. A layer compares the origin.
use std::{collections::HashMap, sync::Arc};
use axum::extract::{State, ws::{Message, WebSocket, WebSocketUpgrade}};
use axum::response::Response;
use futures_util::{SinkExt, StreamExt, stream::{SplitSink, SplitStream}};
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinSet;

struct App { events: broadcast::Sender<String> }

/// JoinSet
async fn n1(socket: WebSocket, app: Arc<App>) { //~ no_deadline
    let (mut sink, mut stream) = socket.split();
    let mut events = app.events.subscribe();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            match events.recv().await {
                Ok(event) => if sink.send(Message::text(event)).await.is_err() { break },
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(_) => break,
            }
        }
    });
    tasks.spawn(async move {
        while let Some(Ok(message)) = stream.next().await {
            tracing::debug!(?message);
        }
    });
    tasks.join_next().await;
}
/// spawned helpers
async fn pump(mut sink: SplitSink<WebSocket, Message>, mut rx: mpsc::Receiver<String>) {
    while let Some(text) = rx.recv().await {
        if sink.send(Message::text(text)).await.is_err() { break }
    }
}
async fn drain(mut stream: SplitStream<WebSocket>, tx: mpsc::Sender<String>) {
    while let Some(Ok(message)) = stream.next().await {
        if let Message::Text(text) = message {
            if tx.send(text.to_string()).await.is_err() { break }
        }
    }
}
async fn n2(socket: WebSocket) { //~ no_deadline
    let (sink, stream) = socket.split();
    let (tx, rx) = mpsc::channel(16);
    let mut writer = tokio::spawn(pump(sink, rx));
    let mut reader = tokio::spawn(drain(stream, tx));
    tokio::select! {
        _ = &mut writer => reader.abort(),
        _ = &mut reader => writer.abort(),
    }
}
/// async blocks
async fn n3(socket: WebSocket, app: Arc<App>) { //~ no_deadline
    let (mut sink, mut stream) = socket.split();
    let mut events = app.events.subscribe();
    let out = async move {
        while let Ok(event) = events.recv().await { //~ lagged_feed
            if sink.send(Message::text(event)).await.is_err() { return }
        }
    };
    let inp = async move {
        while let Some(Ok(message)) = stream.next().await {
            tracing::debug!(?message);
        }
    };
    tokio::select! { _ = out => {}, _ = inp => {} }
}
/// self fields
struct Table { socket: WebSocket, inbox: mpsc::Receiver<String> }
impl Table {
    async fn run(mut self) { //~ no_deadline
        loop {
            tokio::select! {
                message = self.socket.recv() => match message {
                    Some(Ok(Message::Text(text))) => tracing::debug!(%text),
                    Some(Ok(_)) => {}
                    _ => return,
                },
                text = self.inbox.recv() => match text {
                    Some(text) => if self.socket.send(Message::text(text)).await.is_err() { return },
                    None => return,
                },
            }
        }
    }
}
/// self fields, split
struct Client { sink: SplitSink<WebSocket, Message>, stream: SplitStream<WebSocket>, inbox: mpsc::Receiver<String> }
impl Client {
    async fn serve(&mut self) { //~ no_deadline
        loop {
            tokio::select! {
                Some(text) = self.inbox.recv() => if self.sink.send(Message::text(text)).await.is_err() { break },
                message = self.stream.next() => {
                    let Some(Ok(message)) = message else { break };
                    tracing::debug!(?message);
                }
            }
        }
    }
}
/// JoinSet with helpers
async fn n6(socket: WebSocket) { //~ no_deadline
    let (sink, stream) = socket.split();
    let (tx, rx) = mpsc::channel(16);
    let mut set = JoinSet::new();
    set.spawn(pump(sink, rx));
    set.spawn(drain(stream, tx));
    let _ = set.join_next().await;
    set.shutdown().await;
}
/// closure of on_upgrade
async fn n7(ws: WebSocketUpgrade, State(app): State<Arc<App>>) -> Response {
    ws.on_upgrade(move |socket| async move { //~ no_deadline
        let (mut sink, mut stream) = socket.split();
        let mut events = app.events.subscribe();
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Ok(event) => if sink.send(Message::text(event)).await.is_err() { break },
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(_) => break,
                },
                message = stream.next() => if !matches!(message, Some(Ok(_))) { break },
            }
        }
    })
}
/// future join
async fn n8(socket: WebSocket, app: Arc<App>) { //~ no_deadline
    let (sink, stream) = socket.split();
    let (tx, rx) = mpsc::channel(16);
    futures_util::future::join(pump(sink, rx), drain(stream, tx)).await;
}
/// methods
impl App {
    async fn read_all(&self, stream: &mut SplitStream<WebSocket>) {
        while let Some(Ok(message)) = stream.next().await {
            let _ = self.events.send(format!("{message:?}"));
        }
    }
    async fn write_all(&self, sink: &mut SplitSink<WebSocket, Message>) {
        let mut events = self.events.subscribe();
        loop {
            match events.recv().await {
                Ok(event) => if sink.send(Message::text(event)).await.is_err() { break },
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(_) => break,
            }
        }
    }
    async fn talk(&self, socket: WebSocket) { //~ no_deadline
        let (mut sink, mut stream) = socket.split();
        tokio::select! {
            () = self.read_all(&mut stream) => {}
            () = self.write_all(&mut sink) => {}
        }
    }
}
/// Two futures
async fn n10(socket: WebSocket, app: Arc<App>) { //~ no_deadline
    let (mut sink, mut stream) = socket.split();
    let mut events = app.events.subscribe();
    let writer = async {
        loop {
            match events.recv().await {
                Ok(event) => if sink.send(Message::text(event)).await.is_err() { return },
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(_) => return,
            }
        }
    };
    let reader = drain_all(&mut stream);
    tokio::pin!(writer, reader);
    futures_util::future::select(writer, reader).await;
}
async fn drain_all(stream: &mut SplitStream<WebSocket>) {
    while let Some(Ok(message)) = stream.next().await {
        tracing::debug!(?message);
    }
}
