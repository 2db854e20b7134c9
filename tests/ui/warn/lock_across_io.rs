//! A lock that others need is not held while a client is waited for.

use std::{collections::HashMap, sync::Arc};

use axum::extract::State;
use sockeye::{Handshake, ws_endpoint};
use tokio::sync::{Mutex, RwLock};

/// Holds the guard until the next message comes.
#[ws_endpoint("/ws/doc")]
async fn doc(handshake: Handshake, State(docs): State<Arc<RwLock<HashMap<u64, String>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut docs = docs.write().await;
    let doc = docs.entry(1).or_default();
    while let Some(message) = socket.recv().await? {
        doc.push_str(message.as_text().unwrap_or_default());
        socket.send(doc.as_str()).await?;
    }
    Ok(())
}

/// The head of a `match` holds what it locks.
#[ws_endpoint("/ws/users")]
async fn users(handshake: Handshake, State(users): State<Arc<Mutex<HashMap<String, u64>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        match users.lock().await.get(message.as_text().unwrap_or_default()) {
            Some(user) => socket.send(user.to_string()).await?,
            None => socket.send("nobody").await?,
        }
    }
    Ok(())
}

fn main() {}
