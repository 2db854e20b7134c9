//! The good block of the page.
#![deny(warnings)]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::extract::State;
use sockeye::{Handshake, ws_endpoint};

struct Leave(Arc<AtomicUsize>);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Echo that knows how many are there.
#[ws_endpoint("/ws/echo")]
async fn echo(handshake: Handshake, State(clients): State<Arc<AtomicUsize>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    clients.fetch_add(1, Ordering::Relaxed);
    let _leave = Leave(clients);
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

fn main() {}
