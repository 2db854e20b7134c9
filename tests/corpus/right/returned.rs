//! Helpers of the same file that return what they received, and state that sends without holding a lock.

use std::{collections::HashMap, sync::Arc};

use axum::{extract::State, http::StatusCode};
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

/// `None` ends the loop.
#[ws_endpoint("/returned/orders")]
async fn take_orders(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(order) = next_order(&mut socket).await {
        tracing::info!(order.number, "taken");
    }
    Ok(())
}

async fn next_or_skip(socket: &mut Socket) -> Option<Option<Order>> {
    let text = socket.recv().await.ok()??;
    Some(text.as_text().and_then(|text| serde_json::from_str(text).ok()))
}

/// The helper tells the end from what it skips.
#[ws_endpoint("/returned/skipped")]
async fn skip_orders(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match next_or_skip(&mut socket).await {
            Some(Some(order)) => tracing::info!(order.number, "taken"),
            Some(None) => {}
            None => return Ok(()),
        }
    }
}

async fn text_or_empty(socket: &mut Socket) -> Option<String> {
    match socket.recv().await {
        Ok(Some(message)) => message.as_text().map(str::to_owned),
        Ok(None) => Some(String::new()),
        Err(_) => None,
    }
}

/// The end is a value of its own.
#[ws_endpoint("/returned/empty")]
async fn until_empty(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let Some(text) = text_or_empty(&mut socket).await else { continue };
        if text.is_empty() {
            return Ok(());
        }
    }
}

async fn next_line(lines: &mut broadcast::Receiver<String>) -> Option<String> {
    loop {
        match lines.recv().await {
            Ok(line) => return Some(line),
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return None,
        }
    }
}

async fn next_command(commands: &mut mpsc::Receiver<String>) -> Option<String> {
    commands.recv().await
}

/// Pushes lines, and goes on after a lag.
#[ws_endpoint("/returned/lines")]
async fn push_lines(handshake: Handshake, State(lines): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (_commands, mut queue) = mpsc::channel(16);
    let mut lines = lines.subscribe();
    loop {
        tokio::select! {
            line = next_line(&mut lines) => match line {
                Some(line) => socket.send(line).await?,
                None => break,
            },
            Some(command) = next_command(&mut queue) => socket.send(command).await?,
            message = socket.recv() => if message?.is_none() { break },
        }
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

async fn until_the_end(socket: &mut Socket) -> sockeye::Result {
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Asks, and then listens.
#[ws_endpoint("/returned/asked")]
async fn asked(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    ask(&mut socket).await?;
    until_the_end(&mut socket).await
}

/// Closes after the answer.
#[ws_endpoint("/returned/closed")]
async fn closed(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    ask(&mut socket).await?;
    socket.close(sockeye::CloseCode::NORMAL, "done").await
}

#[derive(Clone, Default)]
struct Phones(Arc<Mutex<HashMap<u64, Sender>>>);

impl Phones {
    async fn call(&self, number: u64, text: String) -> bool {
        let phone = self.0.lock().await.get(&number).cloned();
        match phone {
            Some(phone) => phone.send(text).await.is_ok(),
            None => false,
        }
    }

    async fn count(&self, counts: &mpsc::Sender<usize>) {
        let count = self.0.lock().await.len();
        let _ = counts.send(count).await;
    }
}

struct Guest {
    queue: mpsc::Sender<String>,
}

#[derive(Clone)]
struct Party {
    guests: Arc<Mutex<Vec<Arc<Guest>>>>,
    workers: Arc<RwLock<HashMap<String, mpsc::Sender<String>>>>,
}

impl Party {
    async fn say(&self, text: &str) {
        for guest in self.guests.lock().await.iter() {
            let _ = guest.queue.try_send(text.to_owned());
        }
    }

    async fn work(&self, name: &str, text: String) {
        let workers = self.workers.read().await;
        if let Some(worker) = workers.get(name) {
            let _ = worker.send(text).await;
        }
    }
}

/// A party.
#[ws_endpoint("/returned/party")]
async fn party(
    handshake: Handshake,
    State(party): State<Party>,
    State(phones): State<Phones>,
    State(counts): State<mpsc::Sender<usize>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Message::Text(text) = message else { continue };
        party.say(text.as_str()).await;
        party.work("one", text.to_string()).await;
        phones.count(&counts).await;
        if !phones.call(1, text.to_string()).await {
            break;
        }
    }
    Ok(())
}

struct Client {
    socket: Socket,
    outbox: mpsc::Receiver<String>,
}

impl Client {
    async fn run(mut self) -> sockeye::Result {
        loop {
            tokio::select! {
                Some(line) = self.outbox.recv() => self.socket.send(line).await?,
                message = self.socket.recv() => if message?.is_none() { return Ok(()) },
            }
        }
    }
}

/// A bounded queue.
#[ws_endpoint("/returned/client")]
async fn client(handshake: Handshake) -> sockeye::Result {
    let (_queue, outbox) = mpsc::channel(16);
    let socket = handshake.accept().await?;
    Client { socket, outbox }.run().await
}

async fn answer_once(socket: &mut Socket) -> sockeye::Result {
    socket.send("yes?").await?;
    if let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

async fn echo_once(socket: &mut Socket) -> sockeye::Result<bool> {
    match socket.recv().await? {
        Some(message) => socket.send(message).await.map(|()| true),
        None => Ok(false),
    }
}

async fn echo_until(socket: &mut Socket, done: &mut bool) -> sockeye::Result {
    match socket.recv().await? {
        Some(message) => socket.send(message).await?,
        None => *done = true,
    }
    Ok(())
}

/// What the helper sends first fails after the end.
#[ws_endpoint("/returned/answers")]
async fn answers(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        answer_once(&mut socket).await?;
    }
}

/// The helper tells the end.
#[ws_endpoint("/returned/told")]
async fn told(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while echo_once(&mut socket).await? {}
    Ok(())
}

/// The helper sets a flag.
#[ws_endpoint("/returned/flag")]
async fn flag(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut done = false;
    while !done {
        echo_until(&mut socket, &mut done).await?;
    }
    Ok(())
}

async fn open(handshake: Handshake, key: &str) -> Option<Socket> {
    let is_known = handshake.bearer_token().is_some_and(|token| token.as_str() == key);
    if !is_known {
        let _ = handshake.reject(StatusCode::UNAUTHORIZED, "no key");
        return None;
    }
    handshake.accept().await.ok()
}

/// The helper answers before it returns `None`.
#[ws_endpoint("/returned/opened")]
async fn opened(handshake: Handshake) -> sockeye::Result {
    let Some(mut socket) = open(handshake, "key").await else { return Ok(()) };
    while socket.recv().await?.is_some() {}
    Ok(())
}
