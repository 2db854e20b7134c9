//! A client that was slow once is not the end of the events.

use axum::extract::State;
use sockeye::{Handshake, ws_endpoint};
use tokio::sync::broadcast;

type Events = State<broadcast::Sender<String>>;

/// Any error ends the loop.
#[ws_endpoint("/ws/while")]
async fn any_error(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut events = events.subscribe();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = async {
        while let Ok(event) = events.recv().await {
            sender.send(event).await?;
        }
        Ok(())
    };
    let listen = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! { ended = push => ended, ended = listen => ended }
}

/// Panics, and waits for the client to speak.
#[ws_endpoint("/ws/panics")]
async fn panics(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let (mut one, mut other) = (events.subscribe(), events.subscribe());
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            event = one.recv() => socket.send(event.unwrap()).await?,
            Ok(event) = other.recv() => socket.send(event).await?,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// Goes on for ever when nobody can send any more.
#[ws_endpoint("/ws/closed")]
async fn closed(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut feed = events.subscribe();
    drop(events);
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            event = feed.recv() => match event {
                Ok(event) => socket.send(event).await?,
                Err(_) => continue,
            },
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

fn main() {}
