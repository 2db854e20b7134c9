//! Entries, counts and memberships that outlive their clients.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::extract::{Path, State};
use sockeye::{CloseCode, Handshake, Message, Sender, Socket, ws_endpoint, ws_lifecycle};
use tokio::sync::{Mutex as AsyncMutex, mpsc};

type Clients = Arc<Mutex<HashMap<u64, mpsc::Sender<String>>>>;

/// `?` on the way.
#[ws_endpoint("/cleanup/question/{id}")]
async fn question(handshake: Handshake, Path(id): Path<u64>, State(clients): State<Clients>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (outbox, mut inbox) = mpsc::channel(8);
    clients.lock().unwrap().insert(id, outbox);
    loop {
        tokio::select! {
            message = socket.recv() => {
                let Some(_) = message? else { break }; //~ skipped_cleanup
            }
            Some(text) = inbox.recv() => socket.send(text).await?,
        }
    }
    clients.lock().unwrap().remove(&id);
    Ok(())
}

/// A return on the way.
#[ws_endpoint("/cleanup/return/{id}")]
async fn early(handshake: Handshake, Path(id): Path<u64>, State(clients): State<Clients>) {
    let Ok(mut socket) = handshake.accept().await else { return };
    let (outbox, _inbox) = mpsc::channel(8);
    clients.lock().unwrap().insert(id, outbox);
    if socket.send("welcome").await.is_err() {
        return; //~ skipped_cleanup
    }
    while let Ok(Some(_)) = socket.recv().await {}
    clients.lock().unwrap().remove(&id);
}

/// A count, before the handshake is accepted.
#[ws_endpoint("/cleanup/accept")]
async fn before_accept(handshake: Handshake, State(open): State<Arc<AtomicUsize>>) -> sockeye::Result {
    open.fetch_add(1, Ordering::Relaxed);
    let mut socket = handshake.accept().await?; //~ skipped_cleanup
    while let Ok(Some(_)) = socket.recv().await {}
    open.fetch_sub(1, Ordering::Relaxed);
    Ok(())
}

struct Hall(Mutex<HashSet<String>>);

impl Hall {
    fn join(&self, name: &str) {
        self.0.lock().unwrap().insert(name.to_owned());
    }

    fn leave(&self, name: &str) {
        self.0.lock().unwrap().remove(name);
    }
}

/// A membership.
#[ws_endpoint("/cleanup/hall/{name}")]
async fn member(handshake: Handshake, Path(name): Path<String>, State(hall): State<Arc<Hall>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    hall.join(&name);
    while let Some(message) = socket.recv().await? { //~ skipped_cleanup
        socket.send(message).await?;
    }
    hall.leave(&name);
    Ok(())
}

/// Only a close frame removes it; most connections end without one.
#[ws_endpoint("/cleanup/close/{id}")]
async fn close_arm(handshake: Handshake, Path(id): Path<u64>, State(clients): State<Clients>) {
    let Ok(mut socket) = handshake.accept().await else { return };
    let (outbox, _inbox) = mpsc::channel(8);
    clients.lock().unwrap().insert(id, outbox); //~ skipped_cleanup
    loop {
        match socket.recv().await {
            Ok(Some(message)) => drop(message),
            Ok(None) => {
                clients.lock().unwrap().remove(&id);
                break;
            }
            Err(_) => break,
        }
    }
}

/// A number behind a lock.
#[ws_endpoint("/cleanup/number")]
async fn number(handshake: Handshake, State(open): State<Arc<AsyncMutex<u32>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    *open.lock().await += 1;
    socket.send("hello").await?; //~ skipped_cleanup
    while let Ok(Some(_)) = socket.recv().await {}
    *open.lock().await -= 1;
    Ok(())
}

/// A list.
#[ws_endpoint("/cleanup/list/{id}")]
async fn list(handshake: Handshake, Path(id): Path<u64>, State(room): State<Arc<Mutex<Vec<(u64, Sender)>>>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    room.lock().unwrap().push((id, sender));
    while receiver.recv().await?.is_some() {} //~ skipped_cleanup
    room.lock().unwrap().retain(|(other, _)| *other != id);
    Ok(())
}

/// Rooms of rooms.
#[ws_endpoint("/cleanup/rooms/{room}")]
async fn rooms(
    handshake: Handshake,
    Path(room): Path<String>,
    State(rooms): State<Arc<RwLock<HashMap<String, HashSet<u64>>>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let id = 7;
    rooms.write().unwrap().entry(room.clone()).or_default().insert(id);
    while let Some(message) = socket.recv().await? { //~ skipped_cleanup
        socket.send(message).await?;
    }
    if let Some(members) = rooms.write().unwrap().get_mut(&room) {
        members.remove(&id);
    }
    Ok(())
}

/// By functions.
#[ws_endpoint("/cleanup/functions/{id}")]
async fn functions(handshake: Handshake, Path(id): Path<u64>, State(clients): State<Clients>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    register_client(&clients, id);
    while let Some(message) = socket.recv().await? { //~ skipped_cleanup
        if message == Message::from("bye") {
            break;
        }
    }
    unregister_client(&clients, id);
    socket.close(CloseCode::NORMAL, "bye").await
}

fn register_client(clients: &Clients, id: u64) {
    clients.lock().unwrap().insert(id, mpsc::channel(1).0);
}

fn unregister_client(clients: &Clients, id: u64) {
    clients.lock().unwrap().remove(&id);
}

/// In a helper.
#[ws_lifecycle]
async fn helper(socket: &mut Socket, open: &AtomicUsize) -> sockeye::Result {
    open.fetch_add(1, Ordering::Relaxed);
    while let Some(message) = socket.recv().await? { //~ skipped_cleanup
        socket.send(message).await?;
    }
    open.fetch_sub(1, Ordering::Relaxed);
    Ok(())
}
