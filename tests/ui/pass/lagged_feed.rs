//! What a lag means is said, to the client or to the log.
#![deny(warnings)]

use axum::extract::State;
use sockeye::{CloseCode, Handshake, ws_endpoint};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc,
};

type Events = State<broadcast::Sender<String>>;

/// Tells the errors apart.
#[ws_endpoint("/ws/apart")]
async fn apart(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut events = events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) => socket.send(event).await?,
                Err(RecvError::Lagged(lost)) => socket.send(format!("{lost} are missing")).await?,
                Err(RecvError::Closed) => return Ok(()),
            },
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// The client is told to come again.
#[ws_endpoint("/ws/told")]
async fn told(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut events = events.subscribe();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = async {
        while let Ok(event) = events.recv().await {
            sender.send(event).await?;
        }
        sender.close(CloseCode::TRY_AGAIN_LATER, "too slow").await
    };
    let listen = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! { ended = push => ended, ended = listen => ended }
}

/// The error is the end of the connection, with a code and a line in the log.
#[ws_endpoint("/ws/error")]
async fn error(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut events = events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            event = events.recv() => socket.send(event?).await?,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// No `broadcast`: the end is the only error there is.
#[ws_endpoint("/ws/queue")]
async fn queue(handshake: Handshake) -> sockeye::Result {
    let (outbox, mut inbox) = mpsc::channel::<String>(8);
    let mut socket = handshake.accept().await?;
    outbox.send("hello".to_owned()).await?;
    drop(outbox);
    while let Some(text) = inbox.recv().await {
        socket.send(text).await?;
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn main() {}
