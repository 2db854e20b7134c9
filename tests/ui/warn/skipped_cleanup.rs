//! What is added is removed, however the handler ends.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::extract::{Path, State};
use sockeye::{Handshake, ws_endpoint};
use tokio::sync::{Mutex, mpsc};

/// `?` leaves the count up.
#[ws_endpoint("/ws/counted")]
async fn counted(handshake: Handshake, State(clients): State<Arc<AtomicUsize>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    clients.fetch_add(1, Ordering::Relaxed);
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    clients.fetch_sub(1, Ordering::Relaxed);
    Ok(())
}

type Clients = Arc<Mutex<HashMap<u64, mpsc::Sender<String>>>>;

/// So does an early return.
#[ws_endpoint("/ws/registered/{id}")]
async fn registered(handshake: Handshake, Path(id): Path<u64>, State(clients): State<Clients>) {
    let Ok(mut socket) = handshake.accept().await else { return };
    let (outbox, mut inbox) = mpsc::channel(16);
    clients.lock().await.insert(id, outbox);
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return,
            },
            Some(text) = inbox.recv() => if socket.send(text).await.is_err() { break },
        }
    }
    clients.lock().await.remove(&id);
}

fn main() {}
