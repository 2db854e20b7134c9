//! A client that leaves is a panic here.

use std::time::Duration;

use axum::extract::State;
use sockeye::{CloseCode, Handshake, Message, Receiver, Socket, ws_endpoint, ws_lifecycle};
use tokio::{sync::broadcast, time::timeout};

/// The accept.
#[ws_endpoint("/panicking/accept")]
async fn accept(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await.unwrap(); //~ panicking_io
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Every operation.
#[ws_endpoint("/panicking/all")]
async fn all(handshake: Handshake) {
    let mut socket = handshake.accept().await.expect("the client is there"); //~ panicking_io
    while let Some(message) = socket.recv().await.unwrap() { //~ panicking_io
        socket.feed(message).await.unwrap(); //~ panicking_io
        socket.flush().await.expect("flushed"); //~ panicking_io
    }
    socket.send("bye").await.unwrap(); //~ panicking_io
    socket.close(CloseCode::NORMAL, "").await.unwrap(); //~ panicking_io
}

/// The end of the conversation is a panic.
#[ws_endpoint("/panicking/none")]
async fn none(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let message = socket.recv().await?.unwrap(); //~ panicking_io
        socket.send(message).await?;
    }
}

/// Twice on one line, in two steps.
#[ws_endpoint("/panicking/twice")]
async fn twice(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let message = socket
            .recv()
            .await
            .unwrap() //~ panicking_io
            .expect("another message"); //~ panicking_io
        socket.send(message).await?;
    }
}

/// In a `select!`.
#[ws_endpoint("/panicking/select")]
async fn select(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(message) => socket.send(message).await.unwrap(), //~ panicking_io
                None => return Ok(()),
            },
            event = events.recv() => {
                let event = event?;
                socket.send(event).await.expect("the client listens"); //~ panicking_io
            }
        }
    }
}

/// In an async block.
#[ws_endpoint("/panicking/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            sender.send("tick").await.unwrap(); //~ panicking_io
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::select! {
        () = write => {}
        () = read => {}
    }
    Ok(())
}

/// As an argument.
#[ws_endpoint("/panicking/argument")]
async fn argument(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while !sender.peer().is_none() {
        sender.send(receiver.recv().await?.expect("a message")).await?; //~ panicking_io
    }
    Ok(())
}

/// In an arm, and on the way of an `if`.
#[ws_endpoint("/panicking/arm")]
async fn arm(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        match message {
            Message::Text(text) if text.is_empty() => {
                socket.close(CloseCode::POLICY_VIOLATION, "empty").await.unwrap(); //~ panicking_io
                break;
            }
            Message::Text(text) => socket.send(text).await?,
            Message::Binary(bytes) => {
                if bytes.len() > 10 {
                    socket.send("too long").await.unwrap() //~ panicking_io
                }
            }
        }
    }
    Ok(())
}

/// With a limit around it: the inner result.
#[ws_endpoint("/panicking/timeout")]
async fn with_timeout(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = timeout(Duration::from_secs(5), socket.recv()).await?.unwrap() { //~ panicking_io
        socket.send(message).await?;
    }
    Ok(())
}

/// `split` of an unwrapped accept.
#[ws_endpoint("/panicking/split")]
async fn split(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await.unwrap().split(); //~ panicking_io
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// A helper.
#[ws_lifecycle]
async fn ask(socket: &mut Socket, question: &str) -> Message {
    socket.send(question).await.unwrap(); //~ panicking_io
    socket.recv().await.unwrap().unwrap() //~ panicking_io
}

/// A helper of a half.
async fn next(receiver: &mut Receiver) -> sockeye::Result<String> {
    let message = receiver.recv().await?.expect("a message"); //~ panicking_io
    Ok(message.as_text().unwrap_or_default().to_owned())
}
