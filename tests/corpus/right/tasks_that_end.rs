//! Tasks that nothing ties to their connection, and that end all the same: after one send, or with what they receive.

use std::time::Duration;

use axum::extract::State;
use sockeye::{Handshake, Receiver, Sender, ws_endpoint, ws_lifecycle};
use tokio::{
    sync::{broadcast, mpsc},
    time::sleep,
};

/// The receiving half.
#[ws_endpoint("/ends/receiver")]
async fn receives(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    tokio::task::spawn(async move {
        while let Ok(Some(message)) = receiver.recv().await {
            tracing::info!(?message);
        }
    });
    sender.send("I am listening").await?;
    Ok(())
}

/// A clone per message.
#[ws_endpoint("/ends/clone")]
async fn clones(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(message) = receiver.recv().await? {
        let sender = sender.clone();
        tokio::spawn(async move {
            sleep(Duration::from_secs(3600)).await;
            if sender.send(message).await.is_err() {
                tracing::info!("an hour was too long");
            }
        });
    }
    Ok(())
}

/// In a branch of `select!`.
#[ws_endpoint("/ends/select")]
async fn select(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    loop {
        tokio::select! {
            event = events.recv() => {
                let (sender, event) = (sender.clone(), event?);
                tokio::spawn(async move {
                    sleep(Duration::from_secs(1)).await;
                    sender.send(event).await
                });
            }
            message = receiver.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// A helper with a sender.
#[ws_lifecycle]
async fn remind(sender: &Sender, text: String) {
    let sender = sender.clone();
    tokio::spawn(async move {
        sleep(Duration::from_secs(60)).await;
        if sender.send(text).await.is_err() {
            tracing::debug!("gone");
        }
    });
}

/// A helper with both halves.
async fn serve(sender: Sender, mut receiver: Receiver) {
    tokio::spawn(async move {
        while let Ok(Some(message)) = receiver.recv().await {
            if sender.send(message).await.is_err() {
                return;
            }
        }
    });
}

#[derive(Clone)]
struct Hall;

impl Hall {
    fn join(&self) -> mpsc::Receiver<String> {
        mpsc::channel(1).1
    }

    fn leave(&self) {}
}

/// The channel comes from a registry, and ends when the client is removed from it.
#[ws_endpoint("/ends/registry")]
async fn registered(handshake: Handshake, State(hall): State<Hall>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut mail = hall.join();
    tokio::spawn(async move {
        while let Some(message) = mail.recv().await {
            if sender.send(message).await.is_err() {
                break;
            }
        }
    });
    while let Ok(Some(_)) = receiver.recv().await {}
    hall.leave();
    Ok(())
}
