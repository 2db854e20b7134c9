//! `select!` without a loop, and loops that only send.
//! A layer of their router checks the origins.

use std::time::Duration;
use axum::{extract::{State, ws::{Message, WebSocket, WebSocketUpgrade}}, response::Response};
use futures_util::{SinkExt, StreamExt, stream::{}};
use tokio::{sync::broadcast, time::{sleep}};

async fn upgrade(ws: WebSocketUpgrade) -> Response {
    ws.on_upgrade(serve)
}

async fn serve(mut socket: WebSocket) { //~ no_receive_loop
    tokio::select! {
        message = socket.recv() => {
            if let Some(Ok(message)) = message {
                let _ = socket.send(message).await;
            }
        }
        () = sleep(Duration::from_secs(5)) => {
            let _ = socket.send(Message::Text("slow".into())).await;
        }
    }
}

async fn serve2(mut socket: WebSocket) { //~ no_receive_loop
    let mut done = false;
    let mut count = 0;
    while !done {
        if socket.send(Message::Text(count.to_string().into())).await.is_err() { return }
        count += 1;
        done = count > 10;
    }
}
