//! Right handlers in the clothes of wrong ones.
//!
//! A layer around the router checks the origin.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::{
    SinkExt, StreamExt, TryStreamExt,
    future::{join, select},
    stream::{self, SplitSink},
};
use tokio::{
    sync::{Mutex, broadcast, broadcast::error::RecvError, mpsc, watch},
    time::{interval, timeout},
};

type Out = SplitSink<WebSocket, Message>;

/// The last lines, and a word that this is all.
async fn tail(mut socket: WebSocket, lines: Vec<String>) {
    for line in lines.into_iter().rev().take(10) {
        if socket.send(Message::text(line)).await.is_err() {
            return;
        }
    }
    let frame = CloseFrame { code: close_code::NORMAL, reason: "all".into() };
    let _ = socket.send(Message::Close(Some(frame))).await;
}

/// The same by a stream.
async fn tail_of_stream(socket: WebSocket, lines: Vec<String>) {
    let (mut sink, _stream) = socket.split();
    let mut lines = stream::iter(lines).map(|line| Ok(Message::text(line)));
    if sink.send_all(&mut lines).await.is_ok() {
        let _ = sink.close().await;
    }
}

/// Two loops share the half, and `select` ends both.
async fn shared(socket: WebSocket, mut news: broadcast::Receiver<String>) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(Mutex::new(sink));
    let echo = Arc::clone(&sink);
    let pushing = async move {
        loop {
            let text = match news.recv().await {
                Ok(text) => text,
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            };
            if sink.lock().await.send(Message::text(text)).await.is_err() {
                return;
            }
        }
    };
    let reading = async move {
        while let Some(Ok(message)) = stream.next().await {
            if let Message::Text(_) = &message {
                let mut sink = echo.lock().await;
                if sink.send(message).await.is_err() {
                    return;
                }
            }
        }
    };
    select(Box::pin(pushing), Box::pin(reading)).await;
}

/// A shared half in a task that is aborted.
async fn beats(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(Mutex::new(sink));
    let beating = tokio::spawn({
        let sink = sink.clone();
        async move {
            let mut ticks = interval(Duration::from_secs(5));
            loop {
                ticks.tick().await;
                let _ = sink.lock().await.send(Message::Ping(Default::default())).await;
            }
        }
    });
    while let Some(Ok(Message::Text(text))) = stream.next().await.map(|message| message) {
        if sink.lock().await.send(Message::Text(text)).await.is_err() {
            break;
        }
    }
    beating.abort();
}

/// By paths, and awaited.
async fn by_path(mut socket: WebSocket) {
    while let Some(Ok(message)) = StreamExt::next(&mut socket).await {
        if SinkExt::send(&mut socket, message).await.is_err() {
            break;
        }
    }
}

async fn by_path_of_type(mut socket: WebSocket) {
    while let Some(Ok(message)) = WebSocket::recv(&mut socket).await {
        if let Message::Text(_) = message {
            let sending = WebSocket::send(&mut socket, message);
            if sending.await.is_err() {
                return;
            }
        }
    }
}

/// `join` of two that end with the client.
async fn both(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let (tx, mut rx) = mpsc::channel::<Message>(8);
    let writing = async move {
        while let Some(message) = rx.recv().await {
            sink.send(message).await.unwrap_or_else(|error| tracing::warn!(%error));
        }
    };
    let reading = async move {
        while let Ok(Some(message)) = stream.try_next().await {
            if tx.send(message).await.is_err() {
                break;
            }
        }
    };
    join(writing, reading).await;
}

/// What blocks has a thread of its own.
async fn blocks(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(name) = message else { continue };
        let read = tokio::task::spawn_blocking(move || {
            name.lines().filter_map(|name| std::fs::read_to_string(name).ok()).collect::<String>()
        });
        let text = read.await.unwrap_or_else(|error| error.to_string());
        if socket.send(Message::text(text)).await.is_err() {
            break;
        }
    }
}

/// The first `watch` value only, and then an answer for every message.
async fn counts(mut socket: WebSocket, mut level: watch::Receiver<u32>) {
    let mut sent = 0;
    loop {
        tokio::select! {
            changed = level.changed() => {
                if changed.is_err() {
                    return;
                }
                let text = level.borrow_and_update().to_string();
                if socket.send(Message::text(text)).await.is_ok() {
                    sent += 1;
                }
            }
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
    tracing::info!(sent);
}

/// Registers the half, for others to send to.
#[derive(Clone, Default)]
struct Clients(Arc<Mutex<Vec<Arc<Mutex<Out>>>>>);

async fn registered(socket: WebSocket, clients: Clients) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(Mutex::new(sink));
    clients.0.lock().await.push(sink.clone());
    while let Ok(Some(Ok(message))) = timeout(Duration::from_secs(60), stream.next()).await {
        tracing::debug!(?message);
    }
    clients.0.lock().await.retain(|one| !Arc::ptr_eq(one, &sink));
}
