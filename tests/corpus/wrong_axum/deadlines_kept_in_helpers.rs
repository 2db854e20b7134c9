//! Conversations with a deadline in a helper or a method, and one without. A layer compares the origin.
use std::{sync::Arc, time::Duration};
use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, StreamExt, stream::{SplitSink, SplitStream}};
use tokio::sync::{broadcast, mpsc};

struct App { events: broadcast::Sender<String> }

struct Pinged { socket: WebSocket, inbox: mpsc::Receiver<String>, beat: tokio::time::Interval }
impl Pinged {
    async fn run(mut self) {
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
                _ = self.beat.tick() => if self.socket.send(Message::Ping(Default::default())).await.is_err() { return },
            }
        }
    }
}
impl App {
    async fn read_all(&self, stream: &mut SplitStream<WebSocket>) {
        while let Ok(Some(Ok(message))) = tokio::time::timeout(Duration::from_secs(60), stream.next()).await {
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
    async fn talk(&self, socket: WebSocket) {
        let (mut sink, mut stream) = socket.split();
        tokio::select! {
            () = self.read_all(&mut stream) => {}
            () = self.write_all(&mut sink) => {}
        }
    }
}
async fn listen(stream: &mut SplitStream<WebSocket>) {
    while let Some(Ok(message)) = stream.next().await {
        tracing::debug!(?message);
    }
}
async fn beat(sink: &mut SplitSink<WebSocket, Message>) {
    let mut beats = tokio::time::interval(Duration::from_secs(20));
    loop {
        beats.tick().await;
        if sink.send(Message::Ping(Default::default())).await.is_err() { return }
    }
}
async fn both(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    tokio::select! { () = listen(&mut stream) => {}, () = beat(&mut sink) => {} }
}
async fn none(socket: WebSocket, app: App) { //~ no_deadline
    let (mut sink, mut stream) = socket.split();
    tokio::select! { () = listen(&mut stream) => {}, () = app.write_all(&mut sink) => {} }
}
