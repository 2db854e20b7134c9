//! The good block of the page.
#![deny(warnings)]

use std::{collections::HashMap, sync::Arc};

use axum::extract::State;
use futures_util::future::join_all;
use sockeye::{Handshake, Sender, ws_endpoint};
use tokio::sync::Mutex;

/// Says everything to everybody.
#[ws_endpoint("/ws/shout")]
async fn shout(handshake: Handshake, State(clients): State<Arc<Mutex<HashMap<u64, Sender>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let others: Vec<Sender> = clients.lock().await.values().cloned().collect();
        join_all(others.iter().map(|other| other.send(message.clone()))).await;
    }
    Ok(())
}

fn main() {}
