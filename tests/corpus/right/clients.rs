//! Locks that are let go of before anybody waits for a client, and messages to many at once.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
};
use futures_util::future::join_all;
use serde::Deserialize;
use sockeye::{Handshake, Receiver, Sender, Socket, ws_endpoint, ws_lifecycle};
use tokio::{
    sync::{Mutex, RwLock, mpsc},
    time::timeout,
};

type Docs = Arc<RwLock<HashMap<u64, String>>>;

/// The guard goes with its block.
#[ws_endpoint("/clients/block")]
async fn block(handshake: Handshake, State(docs): State<Docs>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let length = {
            let mut docs = docs.write().await;
            let doc = docs.entry(1).or_default();
            doc.push_str(message.as_text().unwrap_or_default());
            doc.len()
        };
        socket.send(length.to_string()).await?;
    }
    Ok(())
}

/// The guard is dropped by name.
#[ws_endpoint("/clients/dropped")]
async fn dropped(handshake: Handshake, State(docs): State<Docs>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let all = docs.read().await;
    let first = all.get(&1).cloned().unwrap_or_default();
    drop(all);
    socket.send(first).await?;
    while let Some(message) = socket.recv().await? {
        let copy = docs.read().await.get(&2).cloned();
        socket.send(copy.unwrap_or_default()).await?;
        docs.write().await.insert(2, message.as_text().unwrap_or_default().to_owned());
    }
    Ok(())
}

/// The sender's own lock, for the tasks of one connection.
#[ws_endpoint("/clients/own")]
async fn own(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let sender = Arc::new(Mutex::new(sender));
    let history = Arc::new(Mutex::new(Vec::new()));
    while let Some(message) = receiver.recv().await? {
        let mut history = history.lock().await;
        history.push(message.len());
        sender.lock().await.send(history.len().to_string()).await?;
    }
    Ok(())
}

/// A helper with the lock of one socket.
#[ws_lifecycle]
async fn through_lock(sender: &Arc<Mutex<Sender>>, text: &str) -> sockeye::Result {
    let sender = sender.lock().await;
    sender.send(text).await
}

/// One after the other has the machine: that others wait is what it is for.
#[ws_endpoint("/clients/turns")]
async fn turns(handshake: Handshake, State(machine): State<Arc<Mutex<()>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let _turn = machine.lock().await;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// All at once.
#[ws_endpoint("/clients/joined")]
async fn joined(
    handshake: Handshake,
    State(clients): State<Arc<Mutex<BTreeMap<u64, Sender>>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let others: Vec<Sender> = clients.lock().await.values().cloned().collect();
        join_all(others.iter().map(|other| other.send(message.clone()))).await;
    }
    Ok(())
}

/// Each has a task of its own, or a queue, or little time.
#[ws_endpoint("/clients/apart")]
async fn apart(
    handshake: Handshake,
    State(clients): State<Arc<Mutex<HashMap<u64, Sender>>>>,
    State(queues): State<Arc<Mutex<HashMap<u64, mpsc::Sender<String>>>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let others: Vec<Sender> = clients.lock().await.values().cloned().collect();
        for other in others.clone() {
            let message = message.clone();
            tokio::spawn(async move { other.send(message).await });
        }
        for other in &others {
            let _ = timeout(Duration::from_millis(100), other.send(message.clone())).await;
        }
        for queue in queues.lock().await.values() {
            let _ = queue.try_send(message.as_text().unwrap_or_default().to_owned());
        }
    }
    Ok(())
}

/// Many messages to one client.
#[ws_endpoint("/clients/history")]
async fn history(handshake: Handshake, State(history): State<Arc<Mutex<Vec<String>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let lines = history.lock().await.clone();
    for line in lines {
        socket.send(line).await?;
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Halves that are given to a pump.
#[ws_lifecycle]
async fn pump(
    sender: Sender,
    mut receiver: Receiver,
    queue: Arc<Mutex<mpsc::Receiver<String>>>,
) -> sockeye::Result {
    loop {
        tokio::select! {
            message = receiver.recv() => if message?.is_none() { return Ok(()) },
            next = async { queue.lock().await.recv().await } => {
                let Some(next) = next else { return Ok(()) };
                sender.send(next).await?;
            }
        }
    }
}

#[derive(Debug, Deserialize)]
struct Ticket {
    user: String,
    token: String,
}

/// The log says who it is, and not how to be them.
#[ws_endpoint("/clients/ticket")]
async fn ticket(handshake: Handshake, Query(ticket): Query<Ticket>, headers: HeaderMap) -> sockeye::Result {
    let authorization = headers.get(header::AUTHORIZATION).is_some();
    tracing::info!(user = ticket.user, length = ticket.token.len(), authorization, "asks");
    if ticket.token != "one-time" {
        tracing::warn!(path = handshake.uri().path(), "wrong token");
        return Err(handshake.reject(StatusCode::UNAUTHORIZED, "wrong token"));
    }
    let mut socket = handshake.accept().await?;
    serve(&mut socket).await
}

/// The tokens of a model are no secrets.
#[ws_lifecycle]
async fn serve(socket: &mut Socket) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        for token in text.split(' ') {
            tracing::trace!(token);
            socket.send(token).await?;
        }
    }
    Ok(())
}
