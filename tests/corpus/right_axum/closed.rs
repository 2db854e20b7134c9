//! Closes of axum's sockets, with what may come after them.
//! A layer of their router checks the origins.

use std::time::Duration;

use axum::{
    extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    response::Response,
};
use futures_util::{SinkExt as _, StreamExt as _, stream::SplitSink};
use tokio::time::timeout;

async fn upgrade(ws: WebSocketUpgrade) -> Response {
    ws.on_upgrade(polite)
}

async fn bye(socket: &mut WebSocket) {
    let _ = socket.send(Message::Close(None)).await;
}

/// Waits for the answer.
async fn polite(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if message.to_text().is_ok_and(|text| text == "bye") {
            bye(&mut socket).await;
            while let Some(Ok(_)) = socket.recv().await {}
            return;
        }
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

async fn answer(sink: &mut SplitSink<WebSocket, Message>, text: &str) -> Result<(), axum::Error> {
    let reply = if text == "bye" { Message::Close(None) } else { Message::Text(text.into()) };
    sink.send(reply).await
}

/// Only some answers close.
async fn answers(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    while let Some(Ok(message)) = stream.next().await {
        let Ok(text) = message.to_text() else { continue };
        if answer(&mut sink, text).await.is_err() {
            break;
        }
        if sink.send(Message::Text("next".into())).await.is_err() {
            break;
        }
    }
    let _ = sink.close().await;
}

/// One branch closes, and returns.
async fn early(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let Ok(Some(Ok(_))) = timeout(Duration::from_secs(5), stream.next()).await else {
        let frame = CloseFrame { code: 1008, reason: "too slow".into() };
        let close = Message::Close(Some(frame));
        let _ = sink.send(close).await;
        return;
    };
    while let Some(Ok(message)) = stream.next().await {
        if sink.send(message).await.is_err() {
            return;
        }
    }
    let _ = sink.close().await;
}

/// The name is bound again.
async fn rebound(mut socket: WebSocket) {
    let message = Message::Close(None);
    tracing::info!(?message, "for later");
    let message = Message::Text("hello".into());
    if socket.send(message).await.is_err() {
        return;
    }
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}
