//! Several mistakes in one handler, as they come in life.

use std::{collections::HashMap, time::Duration};

use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use sockeye::{CloseCode, Error, Handshake, Json, Message, Receiver, Sender, Socket, ws_endpoint, ws_lifecycle};
use tokio::{
    sync::{broadcast, mpsc},
    time::{interval, sleep},
};

#[derive(Deserialize)]
struct Command {
    name: String,
}

#[derive(Clone, Serialize)]
struct Event {
    text: String,
}

/// Translated from a framework whose handlers answer first and accept later.
#[ws_endpoint("/combined/translated")]
async fn translated(handshake: Handshake<Json<Command, Event>>) -> sockeye::Result {
    handshake.send(Event { text: "hello".into() }).await?; //~ io_before_accept
    let mut socket = handshake.accept().await?;
    loop {
        let command = socket.recv().await?.unwrap(); //~ panicking_io
        if command.name == "quit" {
            socket.close(CloseCode::NORMAL, "quit"); //~ missing_await
            break;
        }
        std::thread::sleep(Duration::from_secs(1)); //~ blocking_call
        let _ = socket.send(Event { text: command.name }); //~ missing_await
    }
    Ok(())
}

/// A dashboard that nobody can leave.
#[ws_endpoint("/combined/dashboard/{id}")]
async fn dashboard(
    handshake: Handshake<Json<Command, Event>>,
    Path(id): Path<u64>,
    State(events): State<broadcast::Sender<Event>>,
) -> sockeye::Result {
    if id == 0 {
        return Ok(()); //~ never_accepted
    }
    let socket = handshake.accept().await.unwrap(); //~ panicking_io
    let mut events = events.subscribe();
    loop {
        let event = events.recv().await.unwrap(); //~ lagged_feed
        let text = std::fs::read_to_string("/etc/hostname").unwrap(); //~ blocking_call
        socket.send(Event { text: format!("{} {text}", event.text) }).await.unwrap(); //~ panicking_io, deaf_loop
    }
}

#[ws_endpoint("/combined/chat")]
async fn chat(handshake: Handshake, Query(query): Query<HashMap<String, String>>) -> sockeye::Result { //~ undocumented_endpoint
    let Some(name) = query.get("name") else { return Ok(()) }; //~ never_accepted
    let (sender, mut receiver) = handshake.accept().await?.split();
    sender.send(format!("hello {name}")); //~ missing_await
    let beats = sender.clone();
    tokio::spawn(async move { //~ detached_task
        loop {
            sleep(Duration::from_secs(1)).await;
            let _ = beats.send("beat").await; //~ swallowed_error
        }
    });
    loop {
        if let Ok(Some(message)) = receiver.recv().await { //~ spinning_loop
            sender.send(message).await?;
        }
    }
}

/// Accepts, closes, goes on.
#[ws_endpoint("/combined/close")]
async fn closes(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await.expect("accepted"); //~ panicking_io
    match socket.recv().await? {
        Some(Message::Text(_)) => {}
        Some(Message::Binary(_)) => {
            socket.close(CloseCode::UNSUPPORTED_DATA, "text only").await?;
            let _ = socket.send("text only").await; //~ io_after_close
            return Err(handshake.reject(axum::http::StatusCode::BAD_REQUEST, "text only")); //~ accepted_twice
        }
        None => return Ok(()),
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A helper with everything.
#[ws_lifecycle]
async fn everything(socket: &mut Socket, sender: Sender, mut inbox: mpsc::Receiver<String>) -> sockeye::Result {
    socket.send("one"); //~ missing_await
    socket.send("two").await.unwrap(); //~ panicking_io
    std::thread::sleep(Duration::from_millis(10)); //~ blocking_call
    let other = sender.clone();
    tokio::spawn(async move { //~ detached_task
        loop {
            sleep(Duration::from_secs(1)).await;
            other.send("three").await.unwrap(); //~ panicking_io
        }
    });
    while let Some(text) = inbox.recv().await {
        sender.send(text).await?;
    }
    loop {
        let Some(_) = socket.recv().await? else { continue }; //~ spinning_loop
    }
}

/// The two halves of a protocol, in helpers that are wrong each in its own way.
struct Session {
    name: String,
}

impl Session {
    async fn read(&self, mut receiver: Receiver) -> sockeye::Result {
        loop {
            match receiver.recv().await { //~ spinning_loop
                Ok(Some(message)) => tracing::info!(name = %self.name, ?message),
                _ => {}
            }
        }
    }

    async fn write(&self, sender: &Sender) {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            sender.send(self.name.as_str()).await.unwrap(); //~ panicking_io
        }
    }

    async fn open(&self, handshake: Handshake) -> Result<(), Error> {
        if self.name.is_empty() {
            return Ok(()); //~ never_accepted
        }
        let socket = handshake.accept().await?; //~ no_receive_loop
        socket.send(self.name.as_str()).await
    }
}
