//! Messages to many clients, one after the other.

use std::{collections::HashMap, sync::Arc};

use axum::extract::State;
use futures_util::{StreamExt, stream};
use sockeye::{Handshake, Sender, ws_endpoint};
use tokio::sync::{Mutex, mpsc};

/// Copies of the senders: nothing is locked, and still each waits for the one before.
#[ws_endpoint("/fan-out/copies")]
async fn copies(handshake: Handshake, State(clients): State<Arc<Mutex<HashMap<u64, Sender>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let others: Vec<Sender> = clients.lock().await.values().cloned().collect();
        for other in &others {
            let _ = other.send(message.clone()).await; //~ fan_out_in_turn
        }
    }
    Ok(())
}

/// From a block.
#[ws_endpoint("/fan-out/block")]
async fn block(handshake: Handshake, State(room): State<Arc<Mutex<Vec<(u64, Sender)>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let all = {
            let room = room.lock().await;
            room.clone()
        };
        for (id, other) in all {
            if id != 0 && other.send(message.clone()).await.is_err() { //~ fan_out_in_turn
                tracing::debug!(id, "gone");
            }
        }
    }
    Ok(())
}

type Subscribers = Arc<Mutex<HashMap<u64, mpsc::Sender<String>>>>;

/// Bounded queues are waited for as well.
#[ws_endpoint("/fan-out/queues")]
async fn queues(handshake: Handshake, State(subscribers): State<Subscribers>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let queues: Vec<_> = subscribers.lock().await.values().cloned().collect();
        for queue in queues {
            queue.send(message.as_text().unwrap_or_default().to_owned()).await.ok(); //~ fan_out_in_turn
        }
    }
    Ok(())
}

/// By the ids of a list.
#[ws_endpoint("/fan-out/ids")]
async fn ids(handshake: Handshake, State(clients): State<Arc<HashMap<u64, Sender>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        for (_, client) in clients.iter().filter(|(id, _)| **id > 3) {
            client.send(message.clone()).await?; //~ fan_out_in_turn
        }
    }
    Ok(())
}

/// A stream of senders that waits for each of them.
#[ws_endpoint("/fan-out/stream")]
async fn streamed(handshake: Handshake, State(clients): State<Arc<Mutex<HashMap<u64, Sender>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let all: Vec<Sender> = clients.lock().await.values().cloned().collect();
        stream::iter(all)
            .for_each(|one| {
                let message = message.clone();
                async move {
                    let _ = one.send(message).await; //~ fan_out_in_turn
                }
            })
            .await;
    }
    Ok(())
}

/// Taken out of the lock, and put back.
#[ws_endpoint("/fan-out/taken-out")]
async fn taken_out(handshake: Handshake, State(players): State<Arc<Mutex<Vec<Sender>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let mut left = std::mem::take(&mut *players.lock().await);
        let mut here = Vec::new();
        while let Some(player) = left.pop() {
            if player.send(message.clone()).await.is_ok() { //~ fan_out_in_turn
                here.push(player);
            }
        }
        players.lock().await.append(&mut here);
    }
    Ok(())
}
