//! The mistake is in what an endpoint makes of what a helper of the same file returns, or leaves undone.

use std::{collections::HashMap, sync::Arc};

use axum::extract::State;
use dashmap::DashMap;
use serde::Deserialize;
use sockeye::{Handshake, Message, Sender, Socket, ws_endpoint};
use tokio::sync::{Mutex, RwLock, broadcast, mpsc};

#[derive(Deserialize)]
struct Order {
    number: u64,
}

async fn next_order(socket: &mut Socket) -> Option<Order> {
    let text = socket.recv().await.ok()??;
    serde_json::from_str(text.as_text()?).ok()
}

/// Takes orders.
#[ws_endpoint("/orders/taken")]
async fn take_orders(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        if let Some(order) = next_order(&mut socket).await { //~ spinning_loop
            tracing::info!(order.number, "taken");
        }
    }
}

async fn next_message(socket: &mut Socket) -> Option<Message> {
    socket.recv().await.ok().flatten()
}

/// Counts.
#[ws_endpoint("/counted")]
async fn count(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut counted = 0;
    loop {
        let Some(message) = next_message(&mut socket).await else { continue }; //~ spinning_loop
        counted += message.len();
        tracing::info!(counted, "counted");
    }
}

async fn next_line(lines: &mut broadcast::Receiver<String>) -> Option<String> {
    lines.recv().await.ok()
}

/// Pushes lines.
#[ws_endpoint("/lines")]
async fn push_lines(handshake: Handshake, State(lines): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut lines = lines.subscribe();
    loop {
        tokio::select! {
            line = next_line(&mut lines) => match line {
                Some(line) => socket.send(line).await?,
                None => break, //~ lagged_feed
            },
            message = socket.recv() => if message?.is_none() { break },
        }
    }
    Ok(())
}

/// Pushes lines, without the helper.
#[ws_endpoint("/lines/ok")]
async fn push_ok(handshake: Handshake, State(lines): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut lines = lines.subscribe();
    let push = async {
        while let Some(line) = lines.recv().await.ok() { //~ lagged_feed
            sender.send(line).await?;
        }
        sockeye::Result::Ok(())
    };
    let read = async {
        while receiver.recv().await?.is_some() {}
        sockeye::Result::Ok(())
    };
    tokio::try_join!(push, read)?;
    Ok(())
}

struct Reader {
    socket: Socket,
}

impl Reader {
    async fn next_text(&mut self) -> Option<String> {
        let message = self.socket.recv().await.ok()??;
        let Message::Text(text) = message else { return None };
        Some(text.to_string())
    }
}

/// Reads text.
#[ws_endpoint("/text")]
async fn text(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut reader = Reader { socket };
    while let Some(text) = reader.next_text().await { //~ kind_ends_loop
        tracing::info!(text, "read");
    }
    Ok(())
}

async fn ask(socket: &mut Socket) -> sockeye::Result {
    socket.send("what?").await?;
    if let Some(answer) = socket.recv().await? {
        socket.send(answer).await?;
    }
    Ok(())
}

/// Asks once.
#[ws_endpoint("/asked")]
async fn asked(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?; //~ no_receive_loop
    ask(&mut socket).await
}

/// Asks twice.
#[ws_endpoint("/asked/twice")]
async fn asked_twice(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?; //~ no_receive_loop
    ask(&mut socket).await?;
    ask(&mut socket).await?;
    Ok(())
}

#[derive(Clone)]
struct Doors {
    names: HashMap<String, u64>,
}

impl Doors {
    async fn authenticate(&self, socket: &mut Socket) -> Option<u64> {
        let name = socket.recv().await.ok()??;
        self.names.get(name.as_text()?).copied()
    }
}

/// Lets in who says a name.
#[ws_endpoint("/door")]
async fn door(handshake: Handshake, State(doors): State<Doors>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(number) = doors.authenticate(&mut socket).await else { return Ok(()) }; //~ login_deadline
    while let Some(message) = socket.recv().await? {
        tracing::info!(number, ?message, "heard");
    }
    Ok(())
}

#[derive(Clone, Default)]
struct Phones(Arc<DashMap<u64, Sender>>);

async fn call(phones: &Phones, number: u64, text: String) -> bool {
    match phones.0.get(&number) { //~ lock_across_io
        Some(phone) => phone.send(text).await.is_ok(),
        None => false,
    }
}

struct Guest {
    queue: mpsc::Sender<String>,
    name: String,
}

#[derive(Clone)]
struct Party {
    guests: Arc<Mutex<Vec<Arc<Guest>>>>,
    clients: Arc<RwLock<HashMap<String, mpsc::Sender<Message>>>>,
}

impl Party {
    async fn say(&self, text: &str) {
        let guests = self.guests.lock().await.clone();
        for guest in &guests {
            if guest.queue.send(text.to_owned()).await.is_err() { //~ fan_out_in_turn
                tracing::debug!(guest.name, "left");
            }
        }
    }

    async fn whisper(&self, name: &str, message: Message) {
        let clients = self.clients.read().await; //~ lock_across_io
        if let Some(client) = clients.get(name) {
            let _ = client.send(message).await;
        }
    }
}

struct Client {
    socket: Socket,
    outbox: mpsc::UnboundedReceiver<String>,
}

impl Client {
    async fn run(mut self) -> sockeye::Result {
        loop {
            tokio::select! {
                Some(line) = self.outbox.recv() => self.socket.send(line).await?, //~ unbounded_queue
                message = self.socket.recv() => if message?.is_none() { return Ok(()) },
            }
        }
    }
}

async fn echo_once(socket: &mut Socket) -> sockeye::Result {
    if let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Echoes, and does not learn of the end.
#[ws_endpoint("/echo/for/ever")]
async fn echo_for_ever(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        echo_once(&mut socket).await?; //~ spinning_loop
    }
}

async fn open(handshake: Handshake, key: &str) -> Option<Socket> { //~ never_accepted
    if handshake.bearer_token()?.as_str() != key {
        return None; //~ never_accepted
    }
    handshake.accept().await.ok()
}
