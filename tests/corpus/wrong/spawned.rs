//! Functions of the file as tasks, and errors that are dropped in every way.

use axum::extract::State;
use sockeye::{Handshake, Sender, ws_endpoint};
use tokio::sync::{broadcast, watch};

async fn push(sender: Sender, mut events: broadcast::Receiver<String>) {
    loop {
        match events.recv().await {
            Ok(event) => {
                if sender.send(event).await.is_err() {
                    return;
                }
            }
            Err(broadcast::error::RecvError::Lagged(missed)) => tracing::warn!(missed),
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// The task is a function.
#[ws_endpoint("/spawned/function")]
async fn function(handshake: Handshake, State(feed): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let _ = tokio::spawn(push(sender, feed.subscribe())); //~ detached_task
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// With a clone of the sender.
#[ws_endpoint("/spawned/clone")]
async fn of_a_clone(handshake: Handshake, State(feed): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let events = feed.subscribe();
    tokio::spawn(push(sender.clone(), events)); //~ detached_task
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// The condition waits, and the error of the send is dropped.
#[ws_endpoint("/spawned/changed")]
async fn changed(handshake: Handshake, State(mut numbers): State<watch::Receiver<u64>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = async {
        while numbers.changed().await.is_ok() {
            let number = *numbers.borrow_and_update();
            sender.send(number.to_string()).await.ok(); //~ swallowed_error
        }
    };
    let pull = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(push, pull);
    Ok(())
}

/// A closure logs the error, and nothing more.
#[ws_endpoint("/spawned/logged")]
async fn logged(handshake: Handshake, State(mut numbers): State<watch::Receiver<u64>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let drain = async { while let Ok(Some(_)) = receiver.recv().await {} };
    let push = async {
        while numbers.changed().await.is_ok() {
            let number = *numbers.borrow_and_update();
            sender.send(number.to_string()).await.unwrap_or_else(|error| tracing::error!("{error}")); //~ swallowed_error
        }
    };
    tokio::join!(push, drain);
    Ok(())
}
