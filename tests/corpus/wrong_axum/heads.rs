//! What a condition holds, and what `else` leaves.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt as _, StreamExt as _, future, stream::SplitSink};
use tokio::{
    sync::{RwLock, broadcast},
    time::timeout,
};

const ORIGIN: &str = "checked elsewhere";

async fn shows(mut socket: WebSocket, state: Arc<RwLock<String>>) {
    while let Some(Ok(_)) = socket.recv().await {
        if socket.send(Message::text(state.read().await.as_str())).await.is_err() { //~ lock_across_io
            break;
        }
    }
}

async fn only_text(mut socket: WebSocket) {
    while let Some(message) = socket.next().await {
        if let Ok(Message::Text(text)) = message { //~ kind_ends_loop
            if socket.send(Message::Text(text)).await.is_err() {
                break;
            }
        } else {
            break;
        }
    }
}

async fn push(mut sink: SplitSink<WebSocket, Message>, mut events: broadcast::Receiver<String>) {
    loop {
        match events.recv().await {
            Ok(event) => {
                if sink.send(event.into()).await.is_err() {
                    return;
                }
            }
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

async fn detaches(socket: WebSocket, events: broadcast::Receiver<String>) {
    let (sink, mut stream) = socket.split();
    tokio::spawn(push(sink, events)); //~ detached_task
    while let Ok(Some(Ok(_))) = timeout(Duration::from_secs(60), stream.next()).await {}
}

async fn first(socket: WebSocket, mut events: broadcast::Receiver<String>) {
    let (mut sink, mut stream) = socket.split();
    let writes = tokio::spawn(async move { //~ orphaned_task
        loop {
            match events.recv().await {
                Ok(event) => {
                    if sink.send(event.into()).await.is_err() {
                        break;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
    });
    let reads = tokio::spawn(async move {
        while let Ok(Some(Ok(_))) = timeout(Duration::from_secs(60), stream.next()).await {}
    });
    future::select(writes, reads).await;
}
