//! Queues of other clients in turn, by any name, and secrets inside of structs.

use std::{collections::HashMap, sync::Arc};

use axum::extract::ws::{Message, WebSocket};
use futures_util::stream;
use serde::Deserialize;
use tokio::sync::{Mutex, RwLock, mpsc};

/// A copy of all queues.
async fn snapshot(mut socket: WebSocket, all: Arc<Mutex<HashMap<u64, mpsc::Sender<String>>>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let now: Vec<_> = all.lock().await.values().cloned().collect();
        for one in now {
            let _ = one.send(message.to_text().unwrap_or("").to_owned()).await; //~ fan_out_in_turn
        }
    }
}

/// Without a connection of its own.
async fn publish(all: &[mpsc::Sender<Message>], message: &Message) {
    for one in all {
        if one.send(message.clone()).await.is_err() { //~ fan_out_in_turn
            tracing::debug!("gone");
        }
    }
}

/// A stream that waits for each future before it makes the next.
async fn streamed(mut socket: WebSocket, all: Arc<RwLock<Vec<mpsc::Sender<Message>>>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let now = all.read().await.clone();
        let each = stream::iter(now);
        drop(each);
        let now = all.read().await.clone();
        stream::iter(now)
            .for_each(|one| {
                let message = message.clone();
                async move {
                    let _ = one.send(message).await; //~ fan_out_in_turn
                }
            })
            .await;
    }
}

/// An iterator by hand.
async fn by_hand(mut socket: WebSocket, all: Arc<RwLock<HashMap<u64, mpsc::Sender<Message>>>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let now = all.read().await.clone();
        let mut rest = now.into_values();
        while let Some(one) = rest.next() {
            let _ = one.send(message.clone()).await; //~ fan_out_in_turn
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
struct Entry {
    user: String,
    password: Option<String>,
}

/// The whole of what the client sent.
async fn whole(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Ok(entry) = serde_json::from_str::<Entry>(message.to_text().unwrap_or("")) else { continue };
        tracing::debug!("entry {:?}", entry); //~ secret_in_log
        tracing::debug!(?entry, "again"); //~ secret_in_log
        println!("{entry:?}"); //~ secret_in_log
        if socket.send(entry.user.into()).await.is_err() {
            break;
        }
    }
}

/// By the type of the name.
async fn typed(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Ok(text) = message.to_text() else { continue };
        let Ok(entry): Result<Entry, _> = serde_json::from_str(text) else { continue };
        dbg!(&entry); //~ secret_in_log
        if socket.send(entry.user.into()).await.is_err() {
            break;
        }
    }
}
