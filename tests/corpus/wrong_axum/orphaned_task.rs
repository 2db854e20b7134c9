//! Tasks that go on when their function has ended.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{sync::{broadcast::{self, error::RecvError}, mpsc}, time::interval};

const ORIGIN: &str = "checked elsewhere";

async fn by_value(socket: WebSocket, state: Arc<AppState>) {
    let (mut sender, mut receiver) = socket.split();
    let mut rx = state.tx.subscribe();
    let send_task = tokio::spawn(async move { //~ orphaned_task
        loop {
            match rx.recv().await {
                Ok(text) => if sender.send(Message::text(text)).await.is_err() { break },
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            }
        }
    });
    let recv_task = tokio::spawn(async move { while let Some(Ok(_)) = receiver.next().await {} });
    tokio::select! {
        _ = send_task => tracing::debug!("sent all"),
        _ = recv_task => tracing::debug!("client left"),
    }
}

async fn skipped(socket: WebSocket) -> Result<(), axum::Error> {
    let (mut sender, mut receiver) = socket.split();
    let pings = tokio::spawn(async move {
        let mut ticks = interval(Duration::from_secs(20));
        loop {
            ticks.tick().await;
            if sender.send(Message::Ping(Default::default())).await.is_err() {
                break;
            }
        }
    });
    while let Some(message) = receiver.next().await.transpose()? { //~ orphaned_task
        tracing::info!(?message);
    }
    pings.abort();
    Ok(())
}

async fn forwarder(mut socket: WebSocket, topic: broadcast::Sender<String>) {
    let (tx, mut rx) = mpsc::channel::<String>(64);
    let mut topic = topic.subscribe();
    tokio::spawn(async move { //~ orphaned_task
        while let Ok(text) = topic.recv().await { //~ lagged_feed
            let _ = tx.send(text).await;
        }
    });
    loop {
        tokio::select! {
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
            Some(text) = rx.recv() => if socket.send(Message::text(text)).await.is_err() { break },
        }
    }
}

/// Every connection starts one that counts for ever.
async fn counted(mut socket: WebSocket) {
    let bytes = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = bytes.clone();
    tokio::spawn(async move { //~ orphaned_task
        loop {
            tokio::time::sleep(Duration::from_secs(10)).await;
            tracing::info!(bytes = counted.swap(0, std::sync::atomic::Ordering::Relaxed));
        }
    });
    while let Some(Ok(message)) = socket.recv().await {
        bytes.fetch_add(message.into_data().len(), std::sync::atomic::Ordering::Relaxed);
    }
}
