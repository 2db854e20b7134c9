//! What is added is removed, however the handler ends; or it is there to stay.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use sockeye::{Handshake, Socket, ws_endpoint, ws_lifecycle};
use tokio::sync::mpsc;

type Clients = Arc<Mutex<HashMap<u64, mpsc::Sender<String>>>>;

struct Leave {
    id: u64,
    clients: Clients,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.clients.lock().unwrap().remove(&self.id);
    }
}

/// A guard.
#[ws_endpoint("/cleanup/guard/{id}")]
async fn guard(handshake: Handshake, Path(id): Path<u64>, State(clients): State<Clients>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (outbox, mut inbox) = mpsc::channel(8);
    clients.lock().unwrap().insert(id, outbox);
    let _leave = Leave { id, clients };
    loop {
        tokio::select! {
            message = socket.recv() => if message?.is_none() { return Ok(()) },
            Some(text) = inbox.recv() => socket.send(text).await?,
        }
    }
}

/// The conversation is a function of its own, and its error waits.
#[ws_endpoint("/cleanup/function")]
async fn function(handshake: Handshake, State(open): State<Arc<AtomicUsize>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    open.fetch_add(1, Ordering::Relaxed);
    let outcome = converse(&mut socket).await;
    open.fetch_sub(1, Ordering::Relaxed);
    outcome
}

/// Talks.
#[ws_lifecycle]
async fn converse(socket: &mut Socket) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Every way out passes it.
#[ws_endpoint("/cleanup/break/{id}")]
async fn breaks(
    handshake: Handshake,
    Path(id): Path<u64>,
    State(clients): State<Clients>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (outbox, mut inbox) = mpsc::channel(8);
    clients.lock().unwrap().insert(id, outbox);
    let outcome = loop {
        tokio::select! {
            message = socket.recv() => match message {
                Ok(Some(_)) => {}
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            },
            Some(text) = inbox.recv() => if let Err(error) = socket.send(text).await { break Err(error) },
        }
    };
    clients.lock().unwrap().remove(&id);
    outcome
}

/// Removed before each return.
#[ws_endpoint("/cleanup/each/{id}")]
async fn each(handshake: Handshake, Path(id): Path<u64>, State(clients): State<Clients>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    clients.lock().unwrap().insert(id, mpsc::channel(8).0);
    if let Err(error) = socket.send("welcome").await {
        clients.lock().unwrap().remove(&id);
        return Err(error);
    }
    while let Ok(Some(_)) = socket.recv().await {}
    clients.lock().unwrap().remove(&id);
    Ok(())
}

/// A name that is taken is refused before anything was added.
#[ws_endpoint("/cleanup/taken/{name}")]
async fn taken(
    handshake: Handshake,
    Path(name): Path<String>,
    State(names): State<Arc<Mutex<HashSet<String>>>>,
) -> sockeye::Result {
    if !names.lock().unwrap().insert(name.clone()) {
        return Err(handshake.reject(StatusCode::CONFLICT, "taken"));
    }
    let outcome = serve(handshake).await;
    names.lock().unwrap().remove(&name);
    outcome
}

/// Serves.
#[ws_lifecycle]
async fn serve(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    converse(&mut socket).await
}

/// A limit that gives back what it took.
#[ws_endpoint("/cleanup/limit")]
async fn limit(handshake: Handshake, State(open): State<Arc<AtomicUsize>>) -> sockeye::Result {
    if open.fetch_add(1, Ordering::Relaxed) >= 100 {
        open.fetch_sub(1, Ordering::Relaxed);
        return Err(handshake.reject(StatusCode::SERVICE_UNAVAILABLE, "full"));
    }
    let outcome = serve(handshake).await;
    open.fetch_sub(1, Ordering::Relaxed);
    outcome
}

/// Numbers and totals only go up; what is the handler's own goes with it; what a client asks for stays.
#[ws_endpoint("/cleanup/own")]
async fn own(
    handshake: Handshake,
    State(total): State<Arc<AtomicU64>>,
    State(cache): State<Clients>,
) -> sockeye::Result {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut socket = handshake.accept().await?;
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    total.fetch_add(1, Ordering::Relaxed);
    let mut waiting = HashMap::new();
    while let Some(message) = socket.recv().await? {
        waiting.insert(id, message.len());
        socket.send(message).await?;
        waiting.remove(&id);
        cache.lock().unwrap().insert(id, mpsc::channel(1).0);
        let other = id + 1;
        cache.lock().unwrap().remove(&other);
    }
    Ok(())
}

/// Topics are joined and left as the client says, and a guard leaves the rest.
#[ws_endpoint("/cleanup/topics")]
async fn topics(handshake: Handshake, State(topics): State<Arc<Mutex<HashSet<String>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let all = Arc::clone(&topics);
    let _guard = scopeguard::guard((), move |()| all.lock().unwrap().clear());
    while let Some(message) = socket.recv().await? {
        match message.as_text().and_then(|text| text.split_once(' ')) {
            Some(("join", topic)) => {
                topics.lock().unwrap().insert(topic.to_owned());
            }
            Some(("leave", topic)) => {
                topics.lock().unwrap().remove(topic);
            }
            _ => socket.send("?").await?,
        }
    }
    Ok(())
}

/// Removed where it was added only.
#[ws_endpoint("/cleanup/perhaps/{id}")]
async fn perhaps(
    handshake: Handshake,
    Path(id): Path<u64>,
    State(clients): State<Clients>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let is_listed = id != 0;
    if is_listed {
        clients.lock().unwrap().insert(id, mpsc::channel(1).0);
    }
    let outcome = converse(&mut socket).await;
    if is_listed {
        clients.lock().unwrap().remove(&id);
    }
    outcome
}

struct Lobby(Mutex<HashMap<String, String>>);

impl Lobby {
    fn join(&self, name: &str, room: &str) {
        self.0.lock().unwrap().insert(name.to_owned(), room.to_owned());
    }

    fn leave(&self, name: &str) {
        self.0.lock().unwrap().remove(name);
    }
}

/// The client leaves when it says so, and keeps its seat when it is cut off.
#[ws_endpoint("/cleanup/seat/{name}")]
async fn seat(
    handshake: Handshake,
    Path(name): Path<String>,
    State(lobby): State<Arc<Lobby>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    lobby.join(&name, "hall");
    while let Some(message) = socket.recv().await? {
        if message.as_text() == Some("leave") {
            lobby.leave(&name);
        }
        socket.send("done").await?;
    }
    Ok(())
}
