//! Guards that are given away, and places that are made sure of, in plain axum.

use std::{collections::HashMap, sync::Arc};

use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt as _, stream::SplitSink};
use tokio::sync::{Mutex, MutexGuard};

type Db = Arc<Mutex<HashMap<u64, String>>>;

fn first(guard: MutexGuard<'_, HashMap<u64, String>>) -> String {
    guard.values().next().cloned().unwrap_or_default()
}

/// To a function, in the argument of the send.
async fn argument(mut socket: WebSocket, names: Db) {
    while let Some(Ok(_)) = socket.recv().await {
        let guard = names.lock().await;
        if socket.send(Message::text(first(guard))).await.is_err() {
            return;
        }
    }
}

/// To an `async` block.
async fn block(mut socket: WebSocket, names: Db) {
    while let Some(Ok(_)) = socket.recv().await {
        let guard = names.lock().await;
        let n = async move { guard.len() }.await;
        if socket.send(Message::text(n.to_string())).await.is_err() {
            return;
        }
    }
}

/// A place that is made sure of before it has a name.
async fn place(mut socket: WebSocket) {
    let board = vec![0u8; 64];
    while let Some(Ok(message)) = socket.recv().await {
        let Ok(to) = message.to_text().unwrap_or("").parse::<usize>() else { continue };
        let at = to.clamp(0, 63);
        let same = if to < board.len() { to } else { 0 };
        if socket.send(Message::text((board[at] + board[same]).to_string())).await.is_err() {
            return;
        }
    }
}

type Senders = Arc<Mutex<HashMap<u64, Arc<Mutex<SplitSink<WebSocket, Message>>>>>>;

/// The map is free while one client gets its message; a lock around a client's sender can only be held while it sends.
async fn reply_to_another(mut socket: WebSocket, senders: Senders, other: u64) {
    while let Some(Ok(message)) = socket.recv().await {
        let sender = {
            let senders = senders.lock().await;
            senders.get(&other).cloned()
        };
        if let Some(sender) = sender {
            let mut sender = sender.lock().await;
            if sender.send(message).await.is_err() {
                break;
            }
        }
    }
}

/// The same, with a guard that has no name.
async fn forward_to(mut socket: WebSocket, senders: Senders, other: u64) {
    while let Some(Ok(message)) = socket.recv().await {
        let Some(sender) = senders.lock().await.get(&other).map(Arc::clone) else { continue };
        if sender.lock().await.send(message).await.is_err() {
            senders.lock().await.remove(&other);
        }
    }
}
