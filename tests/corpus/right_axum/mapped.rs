//! Messages that are mapped, and ends that are not lost with them.

use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt as _, StreamExt as _, stream::SplitStream};

async fn until_an_error(mut socket: WebSocket) {
    while let Some(message) = socket.recv().await.and_then(Result::ok) {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

async fn lengths(mut socket: WebSocket) {
    loop {
        let Some(length) = socket.recv().await.map(|message| message.map(|one| one.into_data().len())) else {
            return;
        };
        let Ok(length) = length else { continue };
        if socket.send(Message::Text(length.to_string().into())).await.is_err() {
            return;
        }
    }
}

async fn next_text(stream: &mut SplitStream<WebSocket>) -> Result<Option<String>, axum::Error> {
    while let Some(message) = stream.next().await {
        if let Message::Text(text) = message? {
            return Ok(Some(text.to_string()));
        }
    }
    Ok(None)
}

async fn by_texts(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    while let Ok(Some(text)) = next_text(&mut stream).await {
        if sink.send(Message::Text(text.into())).await.is_err() {
            return;
        }
    }
}
