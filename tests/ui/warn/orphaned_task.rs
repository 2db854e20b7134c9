//! A dropped handle does not end its task.

use std::time::Duration;

use axum::extract::State;
use sockeye::{Handshake, ws_endpoint};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        mpsc,
    },
    time::sleep,
};

type Events = State<broadcast::Sender<String>>;

/// `select!` drops the handle that was not ready.
#[ws_endpoint("/ws/select")]
async fn by_value(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    let push = tokio::spawn(async move {
        loop {
            match events.recv().await {
                Ok(event) => if sender.send(event).await.is_err() { break },
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => break,
            }
        }
    });
    let listen = tokio::spawn(async move { while let Ok(Some(_)) = receiver.recv().await {} });
    tokio::select! {
        _ = push => {}
        _ = listen => {}
    }
    Ok(())
}

/// `?` leaves without the line that ends it.
#[ws_endpoint("/ws/skipped")]
async fn skipped(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = tokio::spawn(async move {
        while sender.send("alive").await.is_ok() {
            sleep(Duration::from_secs(60)).await;
        }
    });
    while receiver.recv().await?.is_some() {}
    push.abort();
    Ok(())
}

/// A forwarder that does not look whether its channel is still there.
#[ws_endpoint("/ws/forwarder")]
async fn forwarder(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (all, mut merged) = mpsc::channel::<String>(8);
    tokio::spawn(async move {
        loop {
            sleep(Duration::from_secs(1)).await;
            let _ = all.send(events.receiver_count().to_string()).await;
        }
    });
    loop {
        tokio::select! {
            Some(text) = merged.recv() => socket.send(text).await?,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

fn main() {}
