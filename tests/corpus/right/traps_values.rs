//! Right handlers near the edges of the rules that follow values.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex},
};

use axum::{extract::State, http::HeaderMap};
use dashmap::DashMap;
use futures_util::future::join_all;
use serde::Deserialize;
use sockeye::{Handshake, Json, Message, Sender, ws_endpoint};
use tokio::sync::{Mutex, mpsc};

#[derive(Deserialize)]
struct Order {
    count: Option<u32>,
    items: Vec<String>,
    at: usize,
}

/// `is_some` was asked, and the answer has a name.
#[ws_endpoint("/traced/named-answer")]
async fn named_answer(handshake: Handshake<Json<Order, u32>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(order) = socket.recv().await? {
        let has_count = order.count.is_some();
        if !has_count {
            continue;
        }
        socket.send(&order.count.unwrap()).await?;
    }
    Ok(())
}

/// The `Option` has a name of its own.
#[ws_endpoint("/traced/option")]
async fn option(handshake: Handshake<Json<Order, u32>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(order) = socket.recv().await? {
        let count = order.count;
        if order.count.is_none() {
            continue;
        }
        socket.send(&count.unwrap()).await?;
    }
    Ok(())
}

/// A test with `is_ok`, in another name.
#[ws_endpoint("/traced/parsed")]
async fn parsed(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let parsed = message.as_text().unwrap_or("").parse::<u32>();
        let valid = parsed.is_ok();
        if valid {
            socket.send(parsed.unwrap().to_string()).await?;
        }
    }
    Ok(())
}

/// A length with a name.
#[ws_endpoint("/traced/length")]
async fn length(handshake: Handshake<Json<Order, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(order) = socket.recv().await? {
        let n = order.items.len();
        if n < 2 {
            continue;
        }
        let items = order.items;
        socket.send(&items[1]).await?;
    }
    Ok(())
}

/// The length of what it was made of.
#[ws_endpoint("/traced/length-before")]
async fn length_before(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.len() < 4 {
            continue;
        }
        let data = message.as_bytes();
        socket.send(data[3].to_string()).await?;
    }
    Ok(())
}

/// Another list is as long.
#[ws_endpoint("/traced/padded")]
async fn padded(handshake: Handshake<Json<Order, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(mut order) = socket.recv().await? {
        order.items.resize(3, String::new());
        socket.send(&order.items[2]).await?;
    }
    Ok(())
}

/// The board grows.
#[ws_endpoint("/traced/grows")]
async fn grows(handshake: Handshake<Json<Order, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut board = vec![0u8; 64];
    while let Some(order) = socket.recv().await? {
        let at = order.at.min(4096);
        if board.len() <= at {
            board.resize(at + 1, 0);
        }
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// Each is a place of the list itself.
#[ws_endpoint("/traced/enumerate")]
async fn enumerate(handshake: Handshake<Json<Order, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(order) = socket.recv().await? {
        let mut seen = vec![false; order.items.len()];
        for (at, item) in order.items.iter().enumerate() {
            seen[at] = !item.is_empty();
        }
        socket.send(&format!("{seen:?}")).await?;
    }
    Ok(())
}

/// The place of a name in a list of the server.
#[ws_endpoint("/traced/position")]
async fn position(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let names = ["one", "two"];
    while let Some(message) = socket.recv().await? {
        let Some(at) = names.iter().position(|name| Some(*name) == message.as_text()) else { continue };
        socket.send(names[at]).await?;
    }
    Ok(())
}

/// Several at once.
#[ws_endpoint("/traced/fan-out")]
async fn fan_out(
    handshake: Handshake,
    State(clients): State<Arc<StdMutex<HashMap<u64, Sender>>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let all: Vec<Sender> = clients.lock().unwrap().values().cloned().collect();
        let sends = all.iter().map(|client| client.send(message.clone()));
        for result in join_all(sends).await {
            if let Err(error) = result {
                tracing::debug!(%error, "a client has gone");
            }
        }
        socket.send("sent").await?;
    }
    Ok(())
}

/// The parts of one answer are sent in turn to one client.
#[ws_endpoint("/traced/parts")]
async fn parts(handshake: Handshake, State(texts): State<Arc<Mutex<Vec<String>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let texts = std::mem::take(&mut *texts.lock().await);
        for text in texts {
            socket.send(text).await?;
        }
    }
    Ok(())
}

struct Leave {
    rooms: Arc<DashMap<u64, String>>,
    id: u64,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.rooms.remove(&self.id);
    }
}

struct Session {
    leave: Leave,
}

/// What takes the entry out is in a struct in a struct.
#[ws_endpoint("/traced/leave")]
async fn leave(handshake: Handshake, State(rooms): State<Arc<DashMap<u64, String>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    rooms.insert(7, "name".to_owned());
    let leave = Leave { rooms: Arc::clone(&rooms), id: 7 };
    let session = Session { leave };
    while let Some(message) = socket.recv().await? {
        if message.as_text() == Some("who") {
            socket.send(session.leave.id.to_string()).await?;
        }
    }
    rooms.remove(&7);
    Ok(())
}

/// A queue whose reader is moved to a task.
#[ws_endpoint("/traced/queue")]
async fn queue(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let (sender, mut receiver) = socket.split();
    let (queue, mut rest) = mpsc::channel::<Message>(16);
    let sender = Arc::new(sender);
    let writer = Arc::clone(&sender);
    sender.spawn(async move {
        while let Some(message) = rest.recv().await {
            if writer.send(message).await.is_err() {
                return;
            }
        }
    });
    while let Some(message) = receiver.recv().await? {
        if queue.send(message).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// A queue of one message for each request of the server.
#[ws_endpoint("/traced/unbounded")]
async fn unbounded(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (queue, mut rest) = mpsc::unbounded_channel::<u32>();
    for number in 0..3 {
        let _ = queue.send(number);
    }
    drop(queue);
    while let Some(number) = rest.recv().await {
        socket.send(number.to_string()).await?;
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn mask(token: &str) -> String {
    format!("{}...", token.chars().take(2).collect::<String>())
}

/// The token is masked.
#[ws_endpoint("/traced/masked")]
async fn masked(handshake: Handshake, headers: HeaderMap) -> sockeye::Result {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    tracing::info!(token = %mask(token), "who");
    let token = mask(token);
    tracing::info!(%token, "who");
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Whether there is one, and how long it is.
#[ws_endpoint("/traced/measured")]
async fn measured(handshake: Handshake, headers: HeaderMap) -> sockeye::Result {
    let token = headers.get("authorization");
    let has_token = token.is_some();
    let length = token.map_or(0, |token| token.len());
    tracing::info!(has_token, length, "who");
    let token_kind = if has_token { "bearer" } else { "none" };
    tracing::info!(token_kind, tokens = 3, "who");
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Nothing is locked when there is no entry.
#[ws_endpoint("/traced/no-entry")]
async fn no_entry(handshake: Handshake, State(names): State<Arc<DashMap<u64, String>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let found = names.get(&1);
        if found.is_none() {
            socket.send("no one").await?;
            continue;
        }
        let name = found.map(|name| name.clone()).unwrap_or_default();
        socket.send(name).await?;
    }
    Ok(())
}

/// A guard in a block that is left with a value.
#[ws_endpoint("/traced/labelled")]
async fn labelled(
    handshake: Handshake,
    State(names): State<Arc<Mutex<HashMap<u64, String>>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let name = 'found: {
            let guard = names.lock().await;
            if let Some(name) = guard.get(&1) {
                break 'found name.clone();
            }
            String::new()
        };
        socket.send(name).await?;
    }
    Ok(())
}

/// A guard that is returned from an arm, and dropped.
#[ws_endpoint("/traced/arm")]
async fn arm(handshake: Handshake, State(names): State<Arc<Mutex<HashMap<u64, String>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let guard = names.lock().await;
        let guard = match message.len() {
            0 => continue,
            _ => guard,
        };
        let n = guard.len();
        drop(guard);
        socket.send(n.to_string()).await?;
    }
    Ok(())
}

/// A lock that is only tried.
#[ws_endpoint("/traced/tried")]
async fn tried(
    handshake: Handshake,
    State(names): State<Arc<Mutex<HashMap<u64, String>>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let n = names.try_lock().map_or(0, |guard| guard.len());
        socket.send(n.to_string()).await?;
    }
    Ok(())
}

/// Two guards, one after the other.
#[ws_endpoint("/traced/joined")]
async fn joined(
    handshake: Handshake,
    State(names): State<Arc<Mutex<HashMap<u64, String>>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let guard = names.lock().await;
        let count = async move { guard.len() };
        let (n, ()) = tokio::join!(count, tokio::task::yield_now());
        socket.send(n.to_string()).await?;
    }
    Ok(())
}
