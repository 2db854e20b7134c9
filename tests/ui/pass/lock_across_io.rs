//! The good block of the page.
#![deny(warnings)]

use std::{collections::HashMap, sync::Arc};

use axum::extract::State;
use sockeye::{Handshake, ws_endpoint};
use tokio::sync::Mutex;

/// Looks names up.
#[ws_endpoint("/ws/names")]
async fn names(handshake: Handshake, State(names): State<Arc<Mutex<HashMap<String, String>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let name = names.lock().await.get(message.as_text().unwrap_or_default()).cloned();
        socket.send(name.unwrap_or_else(|| "unknown".to_owned())).await?;
    }
    Ok(())
}

fn main() {}
