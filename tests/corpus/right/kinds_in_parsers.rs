//! Helpers that tell kinds of messages apart, and loops that go on. A layer compares the origin.
use axum::extract::ws::{Message, WebSocket};
use serde::Deserialize;
use sockeye::{Handshake, ws_endpoint};
#[derive(Deserialize)]
enum Command {
    Go,
    Stop,
}

fn text_of(message: Message) -> Option<String> {
    match message {
        Message::Text(text) => Some(text.to_string()),
        _ => None,
    }
}
fn decode(message: &Message) -> Result<Option<Command>, String> {
    match message {
        Message::Text(text) => serde_json::from_str(text).map(Some).map_err(|error| error.to_string()),
        Message::Binary(_) => Err("binary".to_owned()),
        _ => Ok(None),
    }
}
fn strict(message: Message) -> Result<String, String> {
    match message {
        Message::Text(text) => Ok(text.to_string()),
        _ => Err("not text".to_owned()),
    }
}
fn until_close(message: Message) -> Option<Message> {
    match message {
        Message::Close(_) => None,
        other => Some(other),
    }
}
async fn skips(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Some(text) = text_of(message) else { continue };
        if socket.send(Message::text(text)).await.is_err() {
            break;
        }
    }
}
async fn fails(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        match decode(&message) {
            Ok(Some(Command::Go)) => {}
            Ok(Some(Command::Stop)) => return,
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(error);
                return;
            }
        }
    }
}
async fn says(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        match strict(message) {
            Ok(text) => tracing::debug!(text),
            Err(error) => {
                let _ = socket.send(Message::text(error)).await;
                break;
            }
        }
    }
}
async fn closes(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Some(message) = until_close(message) else { break };
        if socket.send(message).await.is_err() {
            break;
        }
    }
}
async fn first(mut socket: WebSocket) -> Option<String> {
    let message = socket.recv().await?.ok()?;
    text_of(message)
}
/// Text, or an error that is logged.
#[ws_endpoint("/kinds/strict")]
async fn logged(handshake: Handshake) -> sockeye::Result {
    fn text(message: sockeye::Message) -> Result<String, std::io::Error> {
        match message {
            sockeye::Message::Text(text) => Ok(text.to_string()),
            _ => Err(std::io::Error::other("not text")),
        }
    }
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(text(message)?).await?;
    }
    Ok(())
}
/// An error is what the client sent, and other kinds are nothing.
async fn optional(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Ok(command) = text_or_nothing(&message) else { break };
        if let Some(Command::Stop) = command {
            break;
        }
    }
}
fn text_or_nothing(message: &Message) -> Result<Option<Command>, serde_json::Error> {
    match message {
        Message::Text(text) => serde_json::from_str(text).map(Some),
        _ => Ok(None),
    }
}
