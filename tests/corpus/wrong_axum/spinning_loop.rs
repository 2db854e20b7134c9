//! Loops that go round when the client has left.

use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt as _, StreamExt as _, stream::SplitStream};

const ORIGIN: &str = "checked elsewhere";

async fn and_then(mut socket: WebSocket) {
    loop {
        if let Some(message) = socket.recv().await.and_then(Result::ok) { //~ spinning_loop
            let _ = socket.send(message).await;
        }
    }
}

async fn map(mut socket: WebSocket) {
    loop {
        let Some(text) = socket.recv().await.map(|message| message.map(|one| one.len()).unwrap_or_default()) else { //~ spinning_loop
            continue;
        };
        let _ = socket.send(Message::Text(text.to_string().into())).await;
    }
}

async fn next_text(stream: &mut SplitStream<WebSocket>) -> Result<Option<String>, axum::Error> {
    match stream.next().await {
        Some(Ok(Message::Text(text))) => Ok(Some(text.to_string())),
        Some(Err(error)) => Err(error),
        _ => Ok(None),
    }
}

async fn helper(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    loop {
        match next_text(&mut stream).await { //~ spinning_loop
            Ok(Some(text)) => {
                if sink.send(Message::Text(text.into())).await.is_err() {
                    return;
                }
            }
            Ok(None) => tracing::debug!("not text"),
            Err(_) => return,
        }
    }
}
