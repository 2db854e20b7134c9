//! Mistakes of the kinds that are found in public programs.
//!
//! A layer around the router checks the origin.

use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::{Mutex, broadcast};

/// Forwards the events of one kind, in a task that nothing ends, to a half that others share.
async fn forwards(ws: WebSocket, events: broadcast::Sender<(String, String)>, kind: String) {
    let (sink, mut stream) = ws.split();
    let sink = Arc::new(Mutex::new(sink));
    {
        let mut rx = events.subscribe();
        let sink = sink.clone();
        tokio::spawn(async move { //~ detached_task
            while let Ok((event, payload)) = rx.recv().await { //~ lagged_feed
                if event == kind {
                    let text = format!("{event}: {payload}");
                    let _ = sink.lock().await.send(Message::text(text)).await; //~ swallowed_error
                }
            }
        });
    }
    while let Some(Ok(message)) = stream.next().await {
        let _ = sink.lock().await.send(message).await;
    }
}

/// Only pushes, to a half whose other half has a name with `_`.
async fn pushes(socket: WebSocket, events: broadcast::Sender<String>) {
    let (mut sender, _receiver) = socket.split();
    let mut rx = events.subscribe();
    while let Ok(event) = rx.recv().await { //~ lagged_feed
        let text = serde_json::to_string(&event).unwrap_or_else(|_| "{}".to_owned());
        if sender.send(Message::Text(text.into())).await.is_err() { //~ deaf_loop
            break;
        }
    }
}

/// The same with a `let _`, behind a condition.
async fn shrugs(mut socket: WebSocket, events: broadcast::Sender<String>) {
    let mut rx = events.subscribe();
    while let Ok(event) = rx.recv().await { //~ lagged_feed
        if let Ok(text) = serde_json::to_string(&event) {
            let _ = socket.send(Message::Text(text.into())).await; //~ swallowed_error, deaf_loop
        }
    }
}
