//! Loops that a ping ends.

use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc;

const ORIGIN: &str = "checked elsewhere";

async fn text_only(mut socket: WebSocket) {
    while let Some(Ok(Message::Text(text))) = socket.recv().await { //~ kind_ends_loop
        if socket.send(Message::Text(text)).await.is_err() {
            return;
        }
    }
}

async fn in_a_task(socket: WebSocket, tx: mpsc::Sender<String>) {
    let (mut sender, mut receiver) = socket.split();
    let mut task = tokio::spawn(async move {
        while let Some(Ok(Message::Text(text) | Message::Binary(text))) = receiver.next().await { //~ kind_ends_loop
            let _ = tx.send(text).await;
        }
    });
    let _ = sender.send(Message::text("hello")).await;
    let _ = (&mut task).await;
}

async fn by_an_arm(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        match message {
            Message::Text(text) => {
                if socket.send(Message::Text(text)).await.is_err() {
                    break;
                }
            }
            Message::Binary(_) => tracing::debug!("bytes"),
            _ => break, //~ kind_ends_loop
        }
    }
}

async fn by_else(mut socket: WebSocket) {
    while let Some(message) = socket.recv().await {
        let Ok(Message::Text(text)) = message else { return }; //~ kind_ends_loop
        if socket.send(Message::Text(text)).await.is_err() {
            return;
        }
    }
}

/// A command before all other texts.
async fn with_guard(mut socket: WebSocket) {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) if text.starts_with('/') => {
                let _ = socket.send(Message::Text("no commands here".into())).await;
            }
            Some(Ok(Message::Text(text))) => {
                if socket.send(Message::Text(text)).await.is_err() {
                    break;
                }
            }
            _ => break, //~ kind_ends_loop
        }
    }
}

async fn next_line(socket: &mut WebSocket) -> Result<Option<String>, axum::Error> {
    match socket.recv().await.transpose()? {
        Some(Message::Text(text)) => Ok(Some(text.to_string())),
        _ => Ok(None),
    }
}

async fn by_lines(mut socket: WebSocket) {
    while let Ok(Some(line)) = next_line(&mut socket).await { //~ kind_ends_loop
        if socket.send(Message::Text(line.into())).await.is_err() {
            break;
        }
    }
}
