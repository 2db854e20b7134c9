//! A client that is slow once gets no more events.

use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt as _, StreamExt as _, stream::SplitSink};
use tokio::sync::broadcast;

const ORIGIN: &str = "checked elsewhere";

async fn pushes(socket: WebSocket, state: Arc<AppState>) {
    let (mut sender, mut receiver) = socket.split();
    let mut rx = state.tx.subscribe();
    let mut send_task = tokio::spawn(async move {
        while let Ok(text) = rx.recv().await { //~ lagged_feed
            if sender.send(Message::text(text)).await.is_err() {
                break;
            }
        }
    });
    let mut recv_task = tokio::spawn(async move { while let Some(Ok(_)) = receiver.next().await {} });
    tokio::select! {
        _ = &mut send_task => recv_task.abort(),
        _ = &mut recv_task => send_task.abort(),
    }
}

async fn forwards(mut sink: SplitSink<WebSocket, Message>, mut rx: broadcast::Receiver<String>) {
    loop {
        match rx.recv().await {
            Ok(text) => {
                if sink.send(Message::text(text)).await.is_err() {
                    break;
                }
            }
            Err(_) => break, //~ lagged_feed
        }
    }
}

async fn ignores(mut socket: SplitSink<WebSocket, Message>, mut rx: broadcast::Receiver<String>) {
    loop {
        if let Ok(text) = rx.recv().await { //~ lagged_feed
            if socket.send(Message::text(text)).await.is_err() {
                break;
            }
        }
    }
}
