//! Conditions that hold nothing, and `else` that stays.

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
        let text = state.read().await.clone();
        if text.is_empty() || socket.send(Message::text(text)).await.is_err() {
            break;
        }
    }
}

async fn asks_first(mut socket: WebSocket, state: Arc<RwLock<String>>) {
    while let Some(Ok(_)) = socket.recv().await {
        if state.read().await.is_empty() {
            continue;
        }
        if socket.send(Message::text("full")).await.is_err() {
            break;
        }
    }
}

async fn skips(mut socket: WebSocket) {
    while let Some(message) = socket.next().await {
        if let Ok(Message::Text(text)) = message {
            if socket.send(Message::Text(text)).await.is_err() {
                break;
            }
        } else {
            continue;
        }
    }
}

async fn says_why(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Text(text) = message {
            if socket.send(Message::Text(text)).await.is_err() {
                break;
            }
        } else {
            let _ = socket.send(Message::text("only text")).await;
            break;
        }
    }
}

async fn one_of_each(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Text(_) | Message::Binary(_) | Message::Ping(_) | Message::Pong(_) = message {
            if socket.send(message).await.is_err() {
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

async fn aborts(socket: WebSocket, events: broadcast::Receiver<String>) {
    let (sink, mut stream) = socket.split();
    let task = tokio::spawn(push(sink, events));
    while let Ok(Some(Ok(_))) = timeout(Duration::from_secs(60), stream.next()).await {}
    task.abort();
}

async fn first(socket: WebSocket, events: broadcast::Receiver<String>) {
    let (sink, mut stream) = socket.split();
    let mut writes = tokio::spawn(push(sink, events));
    let reads =
        async move { while let Ok(Some(Ok(_))) = timeout(Duration::from_secs(60), stream.next()).await {} };
    future::select(&mut writes, Box::pin(reads)).await;
    writes.abort();
}

async fn ends_the_other(socket: WebSocket, events: broadcast::Receiver<String>) {
    let (sink, mut stream) = socket.split();
    let writes = tokio::spawn(push(sink, events));
    let reads = tokio::spawn(async move {
        while let Ok(Some(Ok(_))) = timeout(Duration::from_secs(60), stream.next()).await {}
    });
    match future::select(writes, reads).await {
        future::Either::Left((_, left)) => left.abort(),
        future::Either::Right((_, left)) => left.abort(),
    }
}

async fn keeps_another_handle(socket: WebSocket, mut events: broadcast::Receiver<String>) {
    let (mut sink, mut stream) = socket.split();
    let writes = tokio::spawn(async move {
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
    let end = writes.abort_handle();
    let reads = tokio::spawn(async move {
        while let Ok(Some(Ok(_))) = timeout(Duration::from_secs(60), stream.next()).await {}
    });
    future::select(writes, reads).await;
    end.abort();
}

async fn first_message(mut socket: WebSocket) {
    while let Some(message) = timeout(Duration::from_secs(60), socket.next()).await.ok().flatten() {
        if let Ok(Message::Ping(_)) = message {
            continue;
        } else {
            break;
        }
    }
}

async fn login(mut socket: WebSocket) -> Option<()> {
    let token = socket.recv().await?.ok()?;
    if token.to_text().ok()? != "secret" {
        return None;
    }
    loop {
        let message = socket.recv().await?.ok()?;
        socket.send(message).await.ok()?;
    }
}

async fn limited(socket: WebSocket) {
    let _ = timeout(Duration::from_secs(600), login(socket)).await;
}
