//! Unwraps of other things, and of other methods of the same names.
#![deny(warnings)]

use std::sync::{Mutex, PoisonError};

use axum::extract::State;
use sockeye::{Handshake, ws_endpoint};
use tokio::sync::{broadcast, mpsc};

static SEEN: Mutex<u64> = Mutex::new(0);

/// A lock, a number, a channel.
#[ws_endpoint("/ws/other")]
async fn other(handshake: Handshake, State(events): State<broadcast::Sender<u64>>) -> sockeye::Result {
    let (give, mut take) = mpsc::channel::<u64>(1);
    let mut events = events.subscribe();
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        *SEEN.lock().unwrap() += 1;
        let number: u64 = "7".parse::<u64>().expect("a number") + message.len() as u64;
        give.send(number).await.unwrap();
        socket.send(take.recv().await.unwrap().to_string()).await?;
        socket.send(events.try_recv().unwrap().to_string()).await?;
    }
    Ok(())
}

/// Methods that look like it and do not panic.
#[ws_endpoint("/ws/default")]
async fn default(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await.unwrap_or(None) {
        socket.send(message).await.unwrap_or_default();
        if socket.flush().await.unwrap_or_else(|_| ()) == () {
            *SEEN.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        }
    }
    Ok(())
}

/// What is in the message is the user's business.
#[ws_endpoint("/ws/content", allow(panics_on_input, reason = "a rule of its own"))]
async fn content(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let first = message.as_text().map(|text| text.chars().next().unwrap());
        socket.send(first.expect("text").to_string()).await?;
    }
    Ok(())
}

/// Whoever wants the panic says so.
#[ws_endpoint("/ws/selftest", allow(panicking_io, reason = "only the test suite connects, and it looks for the panic"))]
async fn selftest(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let message = socket.recv().await?.unwrap();
        socket.send(message).await?;
    }
}

fn main() {}
