//! Locks of the whole program that are held while one client is waited for.

use std::{collections::HashMap, sync::Arc};

use axum::{Extension, extract::State};
use dashmap::DashMap;
use sockeye::{Handshake, Sender, Socket, ws_endpoint, ws_lifecycle};
use tokio::sync::{Mutex, RwLock, RwLockWriteGuard};

/// The guard lives as long as the conversation.
#[ws_endpoint("/locks/conversation")]
async fn conversation(handshake: Handshake, State(docs): State<Arc<RwLock<HashMap<u64, String>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut docs = docs.write().await; //~ lock_across_io
    let doc = docs.entry(1).or_default();
    while let Some(message) = socket.recv().await? {
        doc.push_str(message.as_text().unwrap_or_default());
        socket.send(doc.as_str()).await?;
    }
    Ok(())
}

/// A reader keeps writers out.
#[ws_endpoint("/locks/reader")]
async fn reader(handshake: Handshake, State(docs): State<Arc<RwLock<HashMap<u64, String>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let docs = docs.read().await; //~ lock_across_io
        let name = message.len() as u64;
        if let Some(doc) = docs.get(&name) {
            socket.send(doc.as_str()).await?;
        }
    }
    Ok(())
}

/// The head of a `match` holds what it locks.
#[ws_endpoint("/locks/match")]
async fn matched(handshake: Handshake, Extension(users): Extension<Arc<Mutex<HashMap<String, u64>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        match users.lock().await.get(message.as_text().unwrap_or_default()) { //~ lock_across_io
            Some(user) => socket.send(user.to_string()).await?,
            None => socket.send("nobody").await?,
        }
    }
    Ok(())
}

/// And so does the head of an `if let`.
#[ws_endpoint("/locks/if-let")]
async fn if_let(handshake: Handshake, State(users): State<Arc<Mutex<HashMap<u64, String>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        if let Some(name) = users.lock().await.get(&1) { //~ lock_across_io
            socket.send(name.as_str()).await?;
        }
    }
    Ok(())
}

struct App {
    scores: Mutex<Vec<u32>>,
}

/// A field of the state; the argument is locked until the statement ends.
#[ws_endpoint("/locks/argument")]
async fn argument(handshake: Handshake, State(app): State<Arc<App>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        socket.send(app.scores.lock().await.len().to_string()).await?; //~ lock_across_io
    }
    Ok(())
}

/// The socket of another, in a locked map.
#[ws_endpoint("/locks/other")]
async fn other(handshake: Handshake, State(clients): State<Arc<Mutex<HashMap<u64, Sender>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let clients = clients.lock().await; //~ lock_across_io
        if let Some(client) = clients.get(&7) {
            let _ = client.send(message).await;
        }
    }
    Ok(())
}

/// A reference into a `DashMap` locks a part of it.
#[ws_endpoint("/locks/dashmap")]
async fn dashmap(handshake: Handshake, State(names): State<Arc<DashMap<u64, String>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let Some(name) = names.get(&1) else { continue }; //~ lock_across_io
        socket.send(name.as_str()).await?;
    }
    Ok(())
}

/// All of it, part by part.
#[ws_endpoint("/locks/dashmap-all")]
async fn dashmap_all(handshake: Handshake, State(names): State<Arc<DashMap<u64, String>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    for name in names.iter() { //~ lock_across_io
        socket.send(name.value().as_str()).await?;
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// In a helper.
#[ws_lifecycle]
async fn helper(socket: &mut Socket, lines: &Mutex<Vec<String>>) -> sockeye::Result {
    let lines = lines.lock().await; //~ lock_across_io
    for line in lines.iter() {
        socket.send(line.as_str()).await?;
    }
    Ok(())
}

/// Through a helper that is lent the socket.
#[ws_endpoint("/locks/lent")]
async fn lent(handshake: Handshake, State(lines): State<Arc<Mutex<Vec<String>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut lines = lines.lock().await; //~ lock_across_io
    converse(&mut socket, &mut lines).await
}

/// Talks.
#[ws_lifecycle]
async fn converse(socket: &mut Socket, lines: &mut Vec<String>) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        lines.push(message.as_text().unwrap_or_default().to_owned());
    }
    Ok(())
}

/// A weaker guard keeps writers out.
#[ws_endpoint("/locks/downgraded")]
async fn downgraded(handshake: Handshake, State(docs): State<Arc<RwLock<HashMap<u64, String>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let mut writer = docs.write().await; //~ lock_across_io
        writer.insert(1, String::new());
        let reader = RwLockWriteGuard::downgrade(writer);
        socket.send(reader.len().to_string()).await?;
    }
    Ok(())
}

/// Under another name.
#[ws_endpoint("/locks/renamed")]
async fn renamed(handshake: Handshake, State(docs): State<Arc<Mutex<HashMap<u64, String>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let guard = docs.lock().await; //~ lock_across_io
        let docs = guard;
        socket.send(docs.len().to_string()).await?;
    }
    Ok(())
}

/// The head of a `match` holds what no arm takes.
#[ws_endpoint("/locks/not-taken")]
async fn not_taken(handshake: Handshake, State(names): State<Arc<DashMap<u64, String>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        match names.get(&1) { //~ lock_across_io
            Some(_) => socket.send("known").await?,
            None => socket.send("unknown").await?,
        }
    }
    Ok(())
}

/// A function that borrows the guard leaves it where it is.
#[ws_endpoint("/locks/borrowed")]
async fn borrowed(handshake: Handshake, State(docs): State<Arc<Mutex<HashMap<u64, String>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let guard = docs.lock().await; //~ lock_across_io
        let n = HashMap::len(&guard);
        socket.send(n.to_string()).await?;
    }
    Ok(())
}
