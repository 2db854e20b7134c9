//! Conversations that never notice a client whose network is gone, and some that do.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::{
    broadcast::{Receiver, error::RecvError},
    mpsc,
};

async fn alerts(mut socket: WebSocket, mut alerts: Receiver<String>) { //~ no_deadline
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
            alert = alerts.recv() => match alert {
                Ok(alert) => if socket.send(Message::Text(alert.into())).await.is_err() { return },
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
        }
    }
}

async fn halves(socket: WebSocket, mut news: mpsc::Receiver<String>) { //~ no_deadline
    let (mut sink, mut stream) = socket.split();
    let mut writer = tokio::spawn(async move {
        while let Some(item) = news.recv().await {
            if sink.send(Message::Text(item.into())).await.is_err() {
                break;
            }
        }
    });
    let read = async {
        while let Some(Ok(message)) = stream.next().await {
            tracing::trace!(?message);
        }
    };
    tokio::select! {
        _ = &mut writer => {}
        () = read => writer.abort(),
    }
}

/// Something comes and goes every 20 seconds.
async fn pinged(mut socket: WebSocket, mut alerts: Receiver<String>) {
    let mut pings = tokio::time::interval(Duration::from_secs(20));
    loop {
        tokio::select! {
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { return },
            _ = pings.tick() => if socket.send(Message::Ping(Default::default())).await.is_err() { return },
            alert = alerts.recv() => match alert {
                Ok(alert) => if socket.send(Message::Text(alert.into())).await.is_err() { return },
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
        }
    }
}

/// A function of the file has the limit.
async fn bounded(mut socket: WebSocket, mut alerts: Receiver<String>) {
    loop {
        tokio::select! {
            going_on = next(&mut socket) => if !going_on { return },
            alert = alerts.recv() => if alert.is_err() { return },
        }
    }
}

async fn next(socket: &mut WebSocket) -> bool {
    let message = tokio::time::timeout(Duration::from_secs(60), socket.recv()).await;
    matches!(message, Ok(Some(Ok(_))))
}

/// It only answers.
async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}
