//! A client that is slow once gets no more events: subscriptions from methods, tuples, and structs.
//!
//! A layer around the router checks the origin.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{
        Path, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use tokio::sync::{Mutex, broadcast, mpsc};

type Rx = broadcast::Receiver<String>;

#[derive(Clone)]
struct App {
    rooms: Arc<Rooms>,
}

struct Rooms {
    all: Mutex<HashMap<String, broadcast::Sender<String>>>,
}

struct Seat {
    number: usize,
    rx: Rx,
}

impl Rooms {
    async fn enter(&self, name: &str) -> (broadcast::Sender<String>, Rx) {
        let mut all = self.all.lock().await;
        let tx = all.entry(name.to_owned()).or_insert_with(|| broadcast::channel(64).0).clone();
        let rx = tx.subscribe();
        (tx, rx)
    }

    async fn seat(&self, name: &str) -> anyhow::Result<Seat> {
        let (_, rx) = self.enter(name).await;
        Ok(Seat { number: 1, rx })
    }
}

/// Through a field of the state.
async fn chat(ws: WebSocketUpgrade, Path(room): Path<String>, State(app): State<App>) -> Response {
    ws.on_upgrade(move |socket| talk(socket, room, app))
}

async fn talk(socket: WebSocket, room: String, app: App) {
    let (tx, mut rx) = app.rooms.enter(&room).await;
    let (mut sink, mut stream) = socket.split();
    let mut send = tokio::spawn(async move {
        while let Ok(text) = rx.recv().await { //~ lagged_feed
            if sink.send(Message::text(text)).await.is_err() {
                break;
            }
        }
    });
    let mut receive = tokio::spawn(async move {
        while let Some(Ok(Message::Text(text))) = stream.next().await { //~ kind_ends_loop
            let _ = tx.send(text.to_string());
        }
    });
    tokio::select! {
        _ = &mut send => receive.abort(),
        _ = &mut receive => send.abort(),
    }
}

/// In a struct that a method returns.
async fn sit(mut socket: WebSocket, room: String, app: App) {
    let Ok(mut seat) = app.rooms.seat(&room).await else { return };
    loop {
        tokio::select! {
            text = seat.rx.recv() => match text {
                Ok(text) => {
                    if socket.send(Message::text(text)).await.is_err() { return }
                }
                Err(_) => return, //~ lagged_feed
            },
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { return },
        }
    }
}

/// A task whose error nobody sees.
async fn push(mut sink: SplitSink<WebSocket, Message>, mut rx: Rx) -> anyhow::Result<()> {
    loop {
        let text = rx.recv().await?; //~ lagged_feed
        sink.send(Message::text(text)).await?;
    }
}

async fn watch(socket: WebSocket, rx: Rx) {
    let (sink, mut stream) = socket.split();
    let pushing = tokio::spawn(push(sink, rx));
    while let Some(Ok(_)) = stream.next().await {}
    pushing.abort();
}

/// The next one, or nothing.
async fn next(rx: &mut broadcast::Receiver<String>) -> Option<Message> {
    let Ok(text) = rx.recv().await else { return None };
    Some(Message::text(text))
}

async fn listen(mut socket: WebSocket, mut rx: broadcast::Receiver<String>) {
    loop {
        tokio::select! {
            next = next(&mut rx) => {
                let Some(message) = next else { break }; //~ lagged_feed
                if socket.send(message).await.is_err() { break }
            }
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
}

/// `select!` gives the result.
async fn given(mut socket: WebSocket, tx: broadcast::Sender<String>) {
    let mut rx = tx.subscribe();
    drop(tx);
    loop {
        let event = tokio::select! {
            event = rx.recv() => event,
            message = socket.recv() => {
                if !matches!(message, Some(Ok(_))) { break }
                continue;
            }
        };
        match event {
            Ok(text) if text.is_empty() => {}
            Ok(text) => {
                if socket.send(Message::text(text)).await.is_err() { break }
            }
            Err(_) => break, //~ lagged_feed
        }
    }
}
