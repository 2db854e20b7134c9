use std::time::Duration;

use axum::extract::State;
use sockeye::{Handshake, Sender, Socket, ws_endpoint};
use tokio::{sync::broadcast, task, time::sleep};

/// Pushes in a task that nobody looks after.
#[ws_endpoint("/ws/push")]
async fn push(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    tokio::spawn(async move {
        loop {
            let event = match events.recv().await {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            };
            sender.send(event).await?;
        }
        Ok::<(), sockeye::Error>(())
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// The handler returns, and with it the connection ends.
#[ws_endpoint("/ws/whole")]
async fn whole(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    tokio::spawn(async move {
        while let Ok(Some(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                break;
            }
        }
    });
    Ok(())
}

/// Listens in a task.
#[ws_endpoint("/ws/listen")]
async fn listen(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let (sender, mut receiver) = socket.split();
    let _ = tokio::spawn(async move {
        while let Ok(Some(message)) = receiver.recv().await {
            tracing::debug!(?message);
        }
    });
    let mut events = events.subscribe();
    loop {
        sender.send(events.recv().await?).await?;
    }
}

/// A clone is a half too.
#[ws_endpoint("/ws/clone")]
async fn clone(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let beat = sender.clone();
    let _task = task::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(10)).await;
            if beat.send("alive").await.is_err() {
                return;
            }
        }
    });
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// The work is in a function.
#[ws_endpoint("/ws/function")]
async fn function(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    tokio::task::spawn(async move {
        if let Err(error) = serve(socket).await {
            tracing::warn!(%error);
        }
    });
    Ok(())
}

/// A function of the file is the task.
#[ws_endpoint("/ws/beat")]
async fn beating(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    tokio::spawn(beat(sender.clone()));
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

async fn beat(sender: Sender) {
    loop {
        sleep(Duration::from_secs(1)).await;
        let _ = sender.send("beat").await;
    }
}

async fn serve(mut socket: Socket) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

fn main() {}
