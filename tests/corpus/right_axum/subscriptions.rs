//! Subscriptions from methods, tuples, and structs, whose lags are no ends; and receivers of other channels.
//!
//! A layer around the router checks the origin.

use std::{collections::HashMap, sync::Arc};

use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use tokio::sync::{Mutex, broadcast, broadcast::error::RecvError, mpsc};

type Rx = broadcast::Receiver<String>;
type Outbox = mpsc::Receiver<String>;

#[derive(Clone)]
struct App {
    rooms: Arc<Rooms>,
}

struct Rooms {
    all: Mutex<HashMap<String, broadcast::Sender<String>>>,
    clients: Mutex<HashMap<usize, mpsc::Sender<String>>>,
}

struct Seat {
    number: usize,
    rx: Rx,
}

struct Desk {
    number: usize,
    rx: Outbox,
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

    /// Every client has a queue.
    async fn subscribe(&self) -> Outbox {
        let (tx, rx) = mpsc::channel(8);
        self.clients.lock().await.insert(1, tx);
        rx
    }

    async fn desk(&self) -> Desk {
        Desk { number: 2, rx: self.subscribe().await }
    }
}

async fn talk(socket: WebSocket, room: String, app: App) {
    let (tx, mut rx) = app.rooms.enter(&room).await;
    let (mut sink, mut stream) = socket.split();
    let mut send = tokio::spawn(async move {
        loop {
            let text = match rx.recv().await {
                Ok(text) => text,
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => break,
            };
            if sink.send(Message::text(text)).await.is_err() {
                break;
            }
        }
    });
    let mut receive = tokio::spawn(async move {
        while let Some(Ok(message)) = stream.next().await {
            if let Message::Text(text) = message {
                let _ = tx.send(text.to_string());
            }
        }
    });
    tokio::select! {
        _ = &mut send => receive.abort(),
        _ = &mut receive => send.abort(),
    }
}

async fn sit(mut socket: WebSocket, room: String, app: App) {
    let Ok(mut seat) = app.rooms.seat(&room).await else { return };
    loop {
        tokio::select! {
            text = seat.rx.recv() => {
                let text = match text {
                    Ok(text) => text,
                    Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => return,
                };
                if socket.send(Message::text(text)).await.is_err() {
                    return;
                }
            }
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { return },
        }
    }
}

/// `subscribe` is the file's own, and gives a queue.
async fn queued(mut socket: WebSocket, app: App) {
    let mut rx = app.rooms.subscribe().await;
    loop {
        tokio::select! {
            text = rx.recv() => {
                let Some(text) = text else { break };
                if socket.send(Message::text(text)).await.is_err() {
                    break;
                }
            }
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
}

async fn at_a_desk(socket: WebSocket, app: App) {
    let mut desk = app.rooms.desk().await;
    let (mut sink, mut stream) = socket.split();
    let push = async {
        while let Some(text) = desk.rx.recv().await {
            if sink.send(Message::text(text)).await.is_err() {
                break;
            }
        }
    };
    let read = async { while let Some(Ok(_)) = stream.next().await {} };
    tokio::select! {
        () = push => {}
        () = read => {}
    }
}

/// The error of the task is looked at.
async fn push(mut sink: SplitSink<WebSocket, Message>, mut rx: Rx) -> anyhow::Result<()> {
    loop {
        let text = rx.recv().await?;
        sink.send(Message::text(text)).await?;
    }
}

async fn watch(socket: WebSocket, rx: Rx) {
    let (sink, mut stream) = socket.split();
    let mut pushing = tokio::spawn(push(sink, rx));
    let reading = async { while let Some(Ok(_)) = stream.next().await {} };
    tokio::select! {
        ended = &mut pushing => tracing::warn!(?ended, "the push has ended"),
        () = reading => pushing.abort(),
    }
}
