//! Feeds from broadcast channels, whose lags are no ends.

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::broadcast::{self, error::RecvError};

async fn told_apart(mut socket: WebSocket, mut events: broadcast::Receiver<String>) {
    loop {
        tokio::select! {
            event = events.recv() => {
                let text = match event {
                    Ok(text) => text,
                    Err(RecvError::Lagged(lost)) => format!("{lost} are missing"),
                    Err(RecvError::Closed) => break,
                };
                if socket.send(Message::text(text)).await.is_err() {
                    break;
                }
            }
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
}

async fn logged(socket: WebSocket, mut events: broadcast::Receiver<String>) {
    let (mut sink, mut stream) = socket.split();
    let push = async {
        loop {
            match events.recv().await {
                Ok(event) => {
                    if sink.send(Message::text(event)).await.is_err() {
                        break;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the client was too slow");
                    break;
                }
            }
        }
    };
    let listen = async { while let Some(Ok(_)) = stream.next().await {} };
    tokio::select! {
        () = push => {}
        () = listen => {}
    }
}

async fn told(socket: WebSocket, mut events: broadcast::Receiver<String>) {
    let (mut sink, mut stream) = socket.split();
    let push = async {
        while let Ok(event) = events.recv().await {
            if sink.send(Message::text(event)).await.is_err() {
                return;
            }
        }
        let frame = CloseFrame { code: close_code::AGAIN, reason: "too slow".into() };
        let _ = sink.send(Message::Close(Some(frame))).await;
    };
    let listen = async { while let Some(Ok(_)) = stream.next().await {} };
    tokio::select! {
        () = push => {}
        () = listen => {}
    }
}

async fn until_the_end(mut socket: WebSocket, mut shutdown: broadcast::Receiver<()>) {
    loop {
        tokio::select! {
            _ = shutdown.recv() => break,
            message = socket.recv() => match message {
                Some(Ok(message)) => if socket.send(message).await.is_err() { break },
                _ => break,
            },
        }
    }
    let _ = socket.send(Message::Close(None)).await;
}

/// Closes on one path, and sends on the other; after its close frame it waits for the answer.
async fn closes_or_sends(mut socket: WebSocket, mut stop: tokio::sync::watch::Receiver<bool>) {
    loop {
        if *stop.borrow_and_update() {
            let _ = socket.send(Message::Close(None)).await;
            while let Some(Ok(_)) = socket.recv().await {}
            let _ = socket.send(Message::Close(None)).await;
            return;
        }
        let Some(Ok(message)) = socket.recv().await else { return };
        let reply = if matches!(message, Message::Close(_)) { Message::Close(None) } else { message };
        if socket.send(reply).await.is_err() {
            return;
        }
    }
}
