//! Helpers that parse one kind of message, in loops that end with any other. A layer compares the origin.
use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, StreamExt, stream::SplitStream};
use serde::Deserialize;
use sockeye::{Handshake, ws_endpoint};
#[derive(Deserialize)]
enum Command { Go, Stop }

/// Sync helper returns None.
fn text_of(message: Message) -> Option<String> {
    match message {
        Message::Text(text) => Some(text.to_string()),
        _ => None,
    }
}
async fn k1(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Some(text) = text_of(message) else { break }; //~ kind_ends_loop
        if socket.send(Message::text(text)).await.is_err() { break }
    }
}
/// Helper returns Err, `?` in a fn.
fn decode(message: Message) -> Result<Command, String> {
    match message {
        Message::Text(text) => serde_json::from_str(&text).map_err(|error| error.to_string()),
        _ => Err("not text".to_owned()),
    }
}
async fn k2(mut socket: WebSocket) {
    loop {
        let Some(Ok(message)) = socket.recv().await else { return };
        match decode(message) { //~ kind_ends_loop
            Ok(Command::Go) => {}
            Ok(Command::Stop) => return,
            Err(_) => return,
        }
    }
}
/// If let else.
fn payload(message: &Message) -> Option<&str> {
    if let Message::Text(text) = message { Some(text.as_str()) } else { None }
}
async fn k3(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if let Some(text) = payload(&message) { //~ kind_ends_loop
            tracing::debug!(text);
        } else {
            break;
        }
    }
}
/// Sockeye.
fn read(message: sockeye::Message) -> Option<String> {
    let sockeye::Message::Text(text) = message else { return None };
    Some(text.to_string())
}
/// Doc.
#[ws_endpoint("/k4")]
async fn k4(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(text) = read(message) else { return Ok(()) }; //~ kind_ends_loop
        socket.send(text).await?;
    }
    Ok(())
}
/// And_then.
async fn k5(mut socket: WebSocket) {
    while let Some(text) = socket.recv().await.and_then(|message| message.ok()).and_then(text_of) { //~ kind_ends_loop
        if socket.send(Message::text(text)).await.is_err() { break }
    }
}
/// Method.
struct Parser { strict: bool }
impl Parser {
    fn parse(&self, message: Message) -> Option<Command> {
        match message {
            Message::Text(text) => serde_json::from_str(&text).ok(),
            _ => None,
        }
    }
}
async fn k6(mut socket: WebSocket) {
    let parser = Parser { strict: true };
    while let Some(Ok(message)) = socket.recv().await {
        let Some(command) = parser.parse(message) else { break }; //~ kind_ends_loop
        if matches!(command, Command::Stop) { break }
    }
}
/// ? in async fn returning Option.
async fn k7(mut socket: WebSocket) -> Option<()> {
    loop {
        let message = socket.recv().await?.ok()?;
        let text = text_of(message)?; //~ kind_ends_loop
        socket.send(Message::text(text)).await.ok()?;
    }
}
/// Into_text().ok.
async fn k8(stream: &mut SplitStream<WebSocket>) {
    while let Some(Ok(message)) = stream.next().await {
        let Some(text) = text_of(message) else { return }; //~ kind_ends_loop
        tracing::debug!(text);
    }
}
/// Match.
async fn k9(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        match text_of(message) { //~ kind_ends_loop
            Some(text) => tracing::debug!(text),
            None => break,
        }
    }
}
