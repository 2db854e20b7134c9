//! Adding and removing are requests of the client. A layer compares the origin.

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket};
use dashmap::DashMap;
use serde::Deserialize;
use sockeye::{Handshake, Json, ws_endpoint};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

#[derive(Clone, Default)]
struct Locks {
    held: Arc<Mutex<HashSet<String>>>,
    notes: Arc<DashMap<u64, String>>,
    todos: Arc<tokio::sync::Mutex<HashMap<u64, String>>>,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Todo {
    Add { id: u64, text: String },
    Remove { id: u64 },
    List,
}

/// Todos belong to everyone.
#[ws_endpoint("/todos")]
async fn todos(handshake: Handshake<Json<Todo, usize>>, State(locks): State<Locks>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(todo) = socket.recv().await? {
        match todo {
            Todo::Add { id, text } => {
                locks.todos.lock().await.insert(id, text);
            }
            Todo::Remove { id } => {
                locks.todos.lock().await.remove(&id);
            }
            Todo::List => {}
        }
        let count = locks.todos.lock().await.len();
        socket.send(&count).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Note {
    Pin { id: u64, text: String },
    Unpin { id: u64 },
}

async fn notes(mut socket: WebSocket, State(locks): State<Locks>) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        let Ok(note) = serde_json::from_str::<Note>(&text) else { return };
        match note {
            Note::Pin { id, text } => {
                locks.notes.insert(id, text);
            }
            Note::Unpin { id } => {
                locks.notes.remove(&id);
            }
        }
        if socket.send(Message::text("ok")).await.is_err() {
            return;
        }
    }
}

/// Requests of the client.
#[ws_endpoint("/flags")]
async fn flags(handshake: Handshake, State(locks): State<Locks>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        if let Some(name) = text.strip_prefix("set ") {
            locks.held.lock().unwrap().insert(name.to_owned());
        } else if let Some(name) = text.strip_prefix("unset ") {
            locks.held.lock().unwrap().remove(name);
        } else {
            socket.send("set or unset").await?;
        }
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Chat {
    Join { room: String },
    Leave { room: String },
    Say { room: String, text: String },
}

#[derive(Clone, Default)]
struct Rooms {
    rooms: Arc<Mutex<HashMap<String, usize>>>,
}

/// Joined rooms are known and left at the end.
#[ws_endpoint("/chat")]
async fn chat(handshake: Handshake<Json<Chat, String>>, State(rooms): State<Rooms>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut joined: HashSet<String> = HashSet::new();
    let ended = async {
        while let Some(chat) = socket.recv().await? {
            match chat {
                Chat::Join { room } => {
                    joined.insert(room);
                }
                Chat::Leave { room } => {
                    joined.remove(&room);
                }
                Chat::Say { text, .. } => socket.send(&text).await?,
            }
        }
        sockeye::Result::Ok(())
    }
    .await;
    for room in joined {
        rooms.rooms.lock().unwrap().remove(&room);
    }
    ended
}
