//! Combinators and generic structs that unwrap.
//! A layer of their router checks the origins.

use std::time::Duration;
use axum::{extract::{State, ws::{Message, WebSocket, WebSocketUpgrade}}, response::Response};
use futures_util::{Sink, SinkExt, Stream, StreamExt, stream::{SplitStream}};
use tokio::{sync::broadcast, time::{}};

async fn upgrade(ws: WebSocketUpgrade) -> Response {
    ws.on_upgrade(serve)
}

async fn serve(mut socket: WebSocket) {
    while let Some(message) = socket.recv().await.map(Result::unwrap) { //~ panicking_io
        if socket.send(message).await.is_err() { break }
    }
}

async fn serve2(mut socket: WebSocket) {
    while let Some(message) = socket.recv().await.map(|message| message.expect("a message")) { //~ panicking_io
        if socket.send(message).await.is_err() { break }
    }
}

async fn serve3(socket: WebSocket) {
    let (mut sink, stream) = socket.split();
    let mut texts = stream.map(Result::unwrap); //~ panicking_io
    while let Some(message) = texts.next().await {
        if sink.send(message).await.is_err() { break }
    }
}

async fn serve4(socket: WebSocket) {
    let (mut sink, stream) = socket.split();
    let mut texts = stream.map(|message| message.unwrap()); //~ panicking_io
    while let Some(message) = texts.next().await {
        if sink.send(message).await.is_err() { break }
    }
}

struct Client<S> { sink: S }

impl<S: Sink<Message> + Unpin> Client<S> where S::Error: std::fmt::Debug {
    async fn tell(&mut self, text: &str) {
        self.sink.send(Message::Text(text.into())).await.unwrap(); //~ panicking_io
    }
}

impl<S> Client<S>
where
    S: Stream<Item = Result<Message, axum::Error>> + Unpin,
{
    async fn hear(&mut self) -> Option<Message> {
        Some(self.sink.next().await?.expect("a message")) //~ panicking_io
    }
}

struct Room<W> { writer: W, reader: SplitStream<WebSocket> }

impl<W> Room<W> {
    async fn hear(&mut self) -> Message {
        self.reader.next().await.unwrap().unwrap() //~ panicking_io
    }
}
