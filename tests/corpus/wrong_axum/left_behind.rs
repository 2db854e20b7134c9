//! What a connection leaves behind. A layer compares the origin.

use axum::extract::ws::{Message, WebSocket};
use axum::extract::{ConnectInfo, State};
use dashmap::DashMap;
use serde::Deserialize;
use sockeye::{Handshake, Json, ws_endpoint};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

#[derive(Clone, Default)]
struct Lobby {
    players: Arc<Mutex<HashMap<u64, String>>>,
    online: Arc<DashMap<u64, String>>,
}

/// Requests of the client.
#[ws_endpoint("/lobby/{id}")]
async fn lobby(
    handshake: Handshake,
    State(lobby): State<Lobby>,
    axum::extract::Path(id): axum::extract::Path<u64>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    lobby.players.lock().unwrap().insert(id, "new".to_owned());
    while let Some(message) = socket.recv().await? { //~ skipped_cleanup
        socket.send(message).await?;
    }
    lobby.players.lock().unwrap().remove(&id);
    Ok(())
}

async fn online(mut socket: WebSocket, lobby: Lobby, id: u64) {
    lobby.online.insert(id, String::new());
    while let Some(Ok(message)) = socket.recv().await {
        if let Message::Text(text) = &message {
            if text.as_str() == "bye" {
                return; //~ skipped_cleanup
            }
        }
        if socket.send(message).await.is_err() {
            break;
        }
    }
    lobby.online.remove(&id);
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Chat {
    Join { name: String },
    Leave,
}

/// The end removes as well, but an error skips it.
#[ws_endpoint("/chat/{id}")]
async fn chat(
    handshake: Handshake<Json<Chat, String>>,
    State(lobby): State<Lobby>,
    axum::extract::Path(id): axum::extract::Path<u64>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(chat) = socket.recv().await? { //~ skipped_cleanup
        match chat {
            Chat::Join { name } => {
                lobby.players.lock().unwrap().insert(id, name);
            }
            Chat::Leave => {
                lobby.players.lock().unwrap().remove(&id);
            }
        }
    }
    lobby.players.lock().unwrap().remove(&id);
    Ok(())
}

async fn count(
    mut socket: WebSocket,
    online: Arc<std::sync::atomic::AtomicUsize>,
) -> Result<(), axum::Error> {
    online.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    while let Some(message) = socket.recv().await {
        socket.send(message?).await?; //~ skipped_cleanup
    }
    online.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
    Ok(())
}
