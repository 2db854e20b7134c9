//! Clients that outlive themselves, hold others up, or panic the handler.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header::ORIGIN};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use tokio::sync::{Mutex, RwLock, mpsc};

/// A failed upgrade never runs the callback.
async fn counted(upgrade: WebSocketUpgrade, headers: HeaderMap, State(open): State<Arc<AtomicUsize>>) -> Response {
    if headers.get(ORIGIN).is_some_and(|origin| origin != "https://app.example.com") {
        return StatusCode::FORBIDDEN.into_response();
    }
    open.fetch_add(1, Relaxed); //~ skipped_cleanup
    upgrade.on_upgrade(move |socket| serve(socket, open))
}

async fn serve(mut socket: WebSocket, open: Arc<AtomicUsize>) {
    while let Some(Ok(_)) = socket.recv().await {}
    open.fetch_sub(1, Relaxed);
}

/// The same with the removal in the callback itself, and a limit.
async fn limited(upgrade: WebSocketUpgrade, State(open): State<Arc<AtomicUsize>>) -> Response {
    if open.fetch_add(1, Relaxed) >= 100 { //~ skipped_cleanup
        open.fetch_sub(1, Relaxed);
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    upgrade.on_upgrade(move |mut socket| async move {
        while let Some(Ok(_)) = socket.recv().await {}
        open.fetch_sub(1, Relaxed);
    })
}

type Clients = Arc<RwLock<HashMap<u64, mpsc::Sender<String>>>>;

/// A failing greeting.
async fn greeted(mut socket: WebSocket, clients: Clients, id: u64) {
    let (outbox, _inbox) = mpsc::channel(64);
    clients.write().await.insert(id, outbox);
    if socket.send(Message::Text("welcome".into())).await.is_err() {
        return; //~ skipped_cleanup
    }
    while let Some(Ok(_)) = socket.recv().await {}
    clients.write().await.remove(&id);
}

/// Only the close frame removes it.
async fn close_frame(mut socket: WebSocket, clients: Clients, id: u64) {
    let (outbox, _inbox) = mpsc::channel(64);
    clients.write().await.insert(id, outbox); //~ skipped_cleanup
    while let Some(Ok(message)) = socket.recv().await {
        match message {
            Message::Text(text) => tracing::trace!(length = text.len()),
            Message::Close(_) => {
                clients.write().await.remove(&id);
            }
            _ => {}
        }
    }
}

/// A panic on the way.
async fn panicking(mut socket: WebSocket, open: Arc<AtomicUsize>) {
    open.fetch_add(1, Relaxed);
    while let Some(Ok(message)) = socket.recv().await {
        socket.send(message).await.unwrap(); //~ skipped_cleanup, panicking_io
    }
    open.fetch_sub(1, Relaxed);
}

type Sinks = Arc<Mutex<HashMap<u64, SplitSink<WebSocket, Message>>>>;

/// Every client waits for the slowest, with the lock held.
async fn chat(socket: WebSocket, sinks: Sinks, id: u64) {
    let (sink, mut stream) = socket.split();
    sinks.lock().await.insert(id, sink);
    while let Some(Ok(message)) = stream.next().await {
        let mut sinks = sinks.lock().await; //~ lock_across_io
        for (other, sink) in sinks.iter_mut() {
            if *other != id {
                let _ = sink.send(message.clone()).await; //~ fan_out_in_turn
            }
        }
    }
    sinks.lock().await.remove(&id);
}

/// One client is slow, and nobody can be looked up.
async fn one(mut socket: WebSocket, users: Arc<RwLock<HashMap<String, String>>>) {
    while let Some(Ok(Message::Text(name))) = socket.recv().await { //~ kind_ends_loop
        let users = users.read().await; //~ lock_across_io
        let answer = users.get(name.as_str()).cloned().unwrap_or_default();
        if socket.send(Message::Text(answer.into())).await.is_err() {
            return;
        }
    }
}

/// By what it sends, or by the bytes of a character.
async fn console(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if let Message::Text(text) = message {
            let short = if text.len() > 200 { &text[..200] } else { text.as_str() }; //~ panics_on_input
            tracing::info!("{short}");
            let command: serde_json::Value = serde_json::from_str(&text).unwrap(); //~ panics_on_input
            if socket.send(Message::Text(command.to_string().into())).await.is_err() {
                return;
            }
        }
    }
}

/// A binary message without a head.
async fn frames(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        match message {
            Message::Binary(data) => match data[0] { //~ panics_on_input
                1 => tracing::debug!(length = data.len(), "one"),
                kind => tracing::debug!(kind, "another"),
            },
            other => tracing::trace!(text = other.to_text().unwrap()), //~ panics_on_input
        }
    }
}

/// Whoever is silent stays.
async fn login(mut socket: WebSocket) {
    let Some(Ok(Message::Text(token))) = socket.recv().await else { return }; //~ login_deadline
    if token.as_str() != "sesame" {
        tracing::warn!("wrong token {token}"); //~ secret_in_log
        return;
    }
    while let Some(Ok(_)) = socket.recv().await {}
}

/// A function without a connection of its own.
async fn announce(sinks: &Sinks, text: &str) {
    let mut sinks = sinks.lock().await;
    for sink in sinks.values_mut() {
        let _ = sink.send(Message::Text(text.into())).await; //~ fan_out_in_turn
    }
}
