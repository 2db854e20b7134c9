//! Functions of the file as tasks that end, and errors that end a loop.

use std::time::Duration;

use axum::extract::State;
use sockeye::{Handshake, Receiver, Sender, ws_endpoint};
use tokio::{
    sync::{broadcast, mpsc, watch},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

async fn greet(sender: Sender, mut events: broadcast::Receiver<String>) -> sockeye::Result {
    if let Ok(event) = events.recv().await {
        sender.send(event).await?;
    }
    Ok(())
}

async fn drain(sender: Sender, mut queue: mpsc::Receiver<String>) {
    while let Some(text) = queue.recv().await {
        if sender.send(text).await.is_err() {
            return;
        }
    }
}

async fn serve(sender: Sender, mut receiver: Receiver, mut events: broadcast::Receiver<String>) {
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) => if sender.send(event).await.is_err() { return },
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            },
            message = receiver.recv() => if !matches!(message, Ok(Some(_))) { return },
        }
    }
}

async fn until(sender: Sender, mut events: broadcast::Receiver<String>, end: CancellationToken) {
    loop {
        tokio::select! {
            () = end.cancelled() => return,
            event = events.recv() => match event {
                Ok(event) => if sender.send(event).await.is_err() { return },
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            },
        }
    }
}

/// The handle is kept, and the task is aborted.
#[ws_endpoint("/spawned/aborted")]
async fn aborted(handshake: Handshake, State(feed): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let task = tokio::spawn(serve_feed(sender, feed.subscribe()));
    while let Ok(Some(_)) = receiver.recv().await {}
    task.abort();
    Ok(())
}

async fn serve_feed(sender: Sender, mut events: broadcast::Receiver<String>) {
    loop {
        match events.recv().await {
            Ok(event) => {
                if sender.send(event).await.is_err() {
                    return;
                }
            }
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// It sends once.
#[ws_endpoint("/spawned/once")]
async fn once(handshake: Handshake, State(feed): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    tokio::spawn(greet(sender, feed.subscribe()));
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// Its queue ends with the handler.
#[ws_endpoint("/spawned/queue")]
async fn queued(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (texts, queue) = mpsc::channel(8);
    tokio::spawn(drain(sender, queue));
    while receiver.recv().await?.is_some() {
        if texts.send("received".to_owned()).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// It receives, so it ends with the client.
#[ws_endpoint("/spawned/both")]
async fn both(handshake: Handshake, State(feed): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let done = sender.clone();
    let _ = tokio::spawn(serve(sender, receiver, feed.subscribe())).await;
    done.close(sockeye::CloseCode::NORMAL, "done").await
}

/// A token ends it.
#[ws_endpoint("/spawned/token")]
async fn token(handshake: Handshake, State(feed): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let end = CancellationToken::new();
    let _guard = end.clone().drop_guard();
    tokio::spawn(until(sender, feed.subscribe(), end));
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// The task is the connection's.
#[ws_endpoint("/spawned/own")]
async fn own(handshake: Handshake, State(feed): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let events = feed.subscribe();
    sender.clone().spawn(async move { serve_feed(sender, events).await });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// The condition waits, and an error ends the loop.
#[ws_endpoint("/spawned/changed")]
async fn changed(handshake: Handshake, State(mut numbers): State<watch::Receiver<u64>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = async {
        while numbers.changed().await.is_ok() {
            let number = *numbers.borrow_and_update();
            sender.send(number.to_string()).await?;
        }
        sockeye::Result::Ok(())
    };
    let pull = async {
        while receiver.recv().await?.is_some() {}
        sockeye::Result::Ok(())
    };
    tokio::select! { ended = push => ended, ended = pull => ended }
}

/// The receive branch ends the loop; the error of the send needs no handling.
#[ws_endpoint("/spawned/selected")]
async fn selected(handshake: Handshake, State(mut numbers): State<watch::Receiver<u64>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    loop {
        tokio::select! {
            changed = numbers.changed() => {
                if changed.is_err() { return Ok(()) }
                let number = *numbers.borrow_and_update();
                sender.send(number.to_string()).await.unwrap_or_else(|error| tracing::debug!("{error}"));
            }
            message = receiver.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// The whole session has a limit.
#[ws_endpoint("/spawned/limited")]
async fn limited(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let _over = timeout(Duration::from_secs(600), session(socket)).await;
    Ok(())
}

async fn session(mut socket: sockeye::Socket) -> sockeye::Result {
    let Some(token) = socket.recv().await? else { return Ok(()) };
    if token.as_text() != Some("secret") {
        return Ok(());
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
