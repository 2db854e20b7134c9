//! One slow client must not delay the others.

use std::{collections::HashMap, sync::Arc};

use axum::extract::State;
use sockeye::{Handshake, Sender, ws_endpoint};
use tokio::sync::Mutex;

/// Waits for each in turn.
#[ws_endpoint("/ws/shout")]
async fn shout(handshake: Handshake, State(clients): State<Arc<Mutex<HashMap<u64, Sender>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let others: Vec<Sender> = clients.lock().await.values().cloned().collect();
        for other in &others {
            let _ = other.send(message.clone()).await;
        }
    }
    Ok(())
}

fn main() {}
