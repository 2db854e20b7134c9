//! Tasks that run a method, or a function of the file, and that nothing ends.
//! A layer of their router checks the origins.

use std::time::Duration;
use axum::{extract::{State, ws::{Message, WebSocket, WebSocketUpgrade}}, response::Response};
use futures_util::{SinkExt, StreamExt, stream::{SplitSink}};
use tokio::{sync::broadcast, time::{}};

async fn upgrade(ws: WebSocketUpgrade, State(events): State<broadcast::Sender<String>>) -> Response {
    ws.on_upgrade(move |socket| serve(socket, events))
}

struct Pusher { sink: SplitSink<WebSocket, Message>, events: broadcast::Receiver<String> }

impl Pusher {
    async fn run(mut self) {
        loop {
            match self.events.recv().await {
                Ok(event) => if self.sink.send(Message::Text(event.into())).await.is_err() { return },
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }
}

async fn serve(socket: WebSocket, events: broadcast::Sender<String>) {
    let (sink, mut stream) = socket.split();
    let pusher = Pusher { sink, events: events.subscribe() };
    tokio::spawn(pusher.run()); //~ detached_task
    while let Some(Ok(_)) = stream.next().await {}
}

async fn serve2(socket: WebSocket, events: broadcast::Sender<String>) {
    let (sink, mut stream) = socket.split();
    let events = events.subscribe();
    tokio::spawn(async move { push(sink, events).await }); //~ detached_task
    while let Some(Ok(_)) = stream.next().await {}
}

async fn push(mut sink: SplitSink<WebSocket, Message>, mut events: broadcast::Receiver<String>) {
    loop {
        match events.recv().await {
            Ok(event) => if sink.send(Message::Text(event.into())).await.is_err() { return },
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

async fn serve3(socket: WebSocket, events: broadcast::Sender<String>) {
    let (sink, mut stream) = socket.split();
    let events = events.subscribe();
    let task = push(sink, events);
    tokio::spawn(task); //~ detached_task
    while let Some(Ok(_)) = stream.next().await {}
}

async fn serve4(socket: WebSocket, events: broadcast::Sender<String>) {
    let (sink, mut stream) = socket.split();
    let pusher = Pusher { sink, events: events.subscribe() };
    tokio::spawn(async move { //~ detached_task
        pusher.run().await;
        tracing::info!("done");
    });
    while let Some(Ok(_)) = stream.next().await {}
}
