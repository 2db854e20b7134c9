//! The mistake is in what a handler makes of a helper of the same file: what it returns, or the task that it starts.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{State, ws::{Message, WebSocket, WebSocketUpgrade}},
    response::Response,
};
use futures_util::{SinkExt as _, StreamExt as _, stream::{SplitSink, SplitStream}};
use tokio::{sync::{RwLock, broadcast, mpsc, watch}, task::JoinHandle};

const ORIGIN: &str = "checked elsewhere";
const PING: &str = "a proxy pings";

struct Ear(SplitStream<WebSocket>);

impl Ear {
    async fn next_line(&mut self) -> Option<String> {
        let message = self.0.next().await?.ok()?;
        let Message::Text(line) = message else { return None };
        Some(line.to_string())
    }
}

async fn listen(socket: WebSocket) {
    let (mut sink, stream) = socket.split();
    let mut ear = Ear(stream);
    while let Some(line) = ear.next_line().await { //~ kind_ends_loop
        if sink.send(Message::text(line)).await.is_err() {
            break;
        }
    }
}

struct Hub {
    events: broadcast::Receiver<String>,
}

impl Hub {
    async fn next(&mut self) -> Option<String> {
        self.events.recv().await.ok()
    }
}

async fn follow(mut socket: WebSocket, events: broadcast::Sender<String>) {
    let mut hub = Hub { events: events.subscribe() };
    loop {
        tokio::select! {
            event = hub.next() => {
                let Some(event) = event else { return }; //~ lagged_feed
                if socket.send(Message::text(event)).await.is_err() {
                    return;
                }
            }
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { return },
        }
    }
}

async fn push(mut sink: SplitSink<WebSocket, Message>, mut events: broadcast::Receiver<String>) {
    loop {
        match events.recv().await {
            Ok(event) => {
                if sink.send(Message::text(event)).await.is_err() {
                    return;
                }
            }
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

fn start(sink: SplitSink<WebSocket, Message>, events: broadcast::Receiver<String>) -> JoinHandle<()> {
    tokio::spawn(push(sink, events))
}

async fn dropped(socket: WebSocket, events: broadcast::Sender<String>) {
    let (sink, mut stream) = socket.split();
    start(sink, events.subscribe()); //~ detached_task
    while let Some(Ok(_)) = stream.next().await {}
}

async fn selected(socket: WebSocket, events: broadcast::Sender<String>) {
    let (sink, mut stream) = socket.split();
    let write = start(sink, events.subscribe()); //~ orphaned_task
    let read = tokio::spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
    tokio::select! {
        _ = write => {}
        _ = read => {}
    }
}

struct Talk {
    sink: SplitSink<WebSocket, Message>,
    stream: SplitStream<WebSocket>,
    events: broadcast::Receiver<String>,
}

impl Talk {
    async fn write(mut sink: SplitSink<WebSocket, Message>, mut events: broadcast::Receiver<String>) {
        loop {
            match events.recv().await {
                Ok(event) if sink.send(Message::text(event.clone())).await.is_ok() => {}
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                _ => return,
            }
        }
    }

    async fn read(mut stream: SplitStream<WebSocket>) {
        while let Some(Ok(_)) = stream.next().await {}
    }

    async fn run(self) {
        let write = tokio::spawn(Self::write(self.sink, self.events)); //~ orphaned_task
        let read = tokio::spawn(Self::read(self.stream));
        tokio::select! {
            _ = write => tracing::debug!("written"),
            _ = read => tracing::debug!("read"),
        }
    }
}

async fn show(ws: WebSocketUpgrade, State(count): State<watch::Receiver<u64>>) -> Response {
    ws.on_upgrade(move |socket| async move {
        let (mut sink, mut stream) = socket.split();
        let mut seen = 0;
        tokio::spawn(async move { //~ detached_task
            while count.changed().await.is_ok() {
                seen += 1;
                if sink.send(Message::text(seen.to_string())).await.is_err() {
                    return;
                }
            }
        });
        while let Some(Ok(_)) = stream.next().await {}
    })
}

#[derive(Clone)]
struct Exchange {
    clients: Arc<RwLock<HashMap<String, mpsc::Sender<Message>>>>,
}

impl Exchange {
    async fn pass_on(&self, name: &str, message: Message) -> bool {
        let clients = self.clients.read().await; //~ lock_across_io
        match clients.get(name) {
            Some(client) => client.send(message).await.is_ok(),
            None => false,
        }
    }
}

struct Desk {
    sink: SplitSink<WebSocket, Message>,
    stream: SplitStream<WebSocket>,
    letters: mpsc::UnboundedReceiver<String>,
}

impl Desk {
    async fn work(mut self) {
        loop {
            tokio::select! {
                letter = self.letters.recv() => { //~ unbounded_queue
                    let Some(letter) = letter else { return };
                    if self.sink.send(Message::text(letter)).await.is_err() {
                        return;
                    }
                }
                message = self.stream.next() => if !matches!(message, Some(Ok(_))) { return },
            }
        }
    }
}

struct Users(RwLock<HashMap<String, u64>>);

impl Users {
    async fn login(&self, socket: &mut WebSocket) -> Option<u64> {
        match socket.recv().await {
            Some(Ok(Message::Text(token))) => self.0.read().await.get(token.as_str()).copied(),
            _ => None,
        }
    }
}

async fn enter(mut socket: WebSocket, users: Arc<Users>) {
    let Some(user) = users.login(&mut socket).await else { return }; //~ login_deadline
    while let Some(Ok(message)) = socket.recv().await {
        tracing::info!(user, ?message, "heard");
    }
}
