//! Tasks that go on when their function has ended.

use std::time::Duration;

use axum::extract::State;
use sockeye::{Handshake, Sender, ws_endpoint};
use tokio::{
    spawn,
    sync::{broadcast::{self, error::RecvError}, mpsc, watch},
    time::{interval, sleep},
};

type Events = State<broadcast::Sender<String>>;

#[ws_endpoint("/orphans/select")]
/// Both by value.
async fn both(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut rx = events.subscribe();
    let push = spawn(async move { //~ orphaned_task
        loop {
            let event = match rx.recv().await {
                Ok(event) => event,
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => break,
            };
            if sender.send(event).await.is_err() { break }
        }
    });
    let listen = spawn(async move { while let Ok(Some(_)) = receiver.recv().await {} });
    tokio::select! { _ = push => {}, _ = listen => {} }
    Ok(())
}

#[ws_endpoint("/orphans/one")]
/// One task, beside the loop of the function.
async fn one(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let beat = tokio::task::spawn(async move { //~ orphaned_task
        let mut ticks = interval(Duration::from_secs(60));
        loop {
            ticks.tick().await;
            if sender.send("beat").await.is_err() { break }
        }
    });
    let listen = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::select! { ended = beat => tracing::debug!(?ended), () = listen => {} }
    Ok(())
}

async fn feed(sender: Sender, events: broadcast::Receiver<String>) { push_all(sender, events).await }

#[ws_endpoint("/orphans/call")]
/// The task is a function.
async fn call(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = tokio::spawn(feed(sender, events.subscribe())); //~ orphaned_task
    let listen = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::select! { _ = push => {}, () = listen => {} }
    Ok(())
}

#[ws_endpoint("/orphans/question")]
/// `?` before `abort`.
async fn question(handshake: Handshake, State(state): State<watch::Receiver<u64>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut state = state.clone();
    let push = tokio::spawn(async move {
        while state.changed().await.is_ok() {
            let number = *state.borrow_and_update();
            if sender.send(number.to_string()).await.is_err() { break }
        }
    });
    while let Some(message) = receiver.recv().await? { //~ orphaned_task
        tracing::info!(?message);
    }
    push.abort();
    Ok(())
}

#[ws_endpoint("/orphans/return")]
/// An early return before `abort`.
async fn early(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = tokio::spawn(async move {
        while sender.send("beat").await.is_ok() { sleep(Duration::from_mins(1)).await }
    });
    while let Ok(Some(message)) = receiver.recv().await {
        if message.is_empty() {
            return Ok(()); //~ orphaned_task
        }
    }
    push.abort();
    Ok(())
}

#[ws_endpoint("/orphans/forwarders")]
/// One for each topic.
async fn forwarders(handshake: Handshake, State(topics): State<Vec<broadcast::Sender<String>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (all, mut merged) = mpsc::channel(8);
    for topic in topics {
        let (all, mut topic) = (all.clone(), topic.subscribe());
        tokio::spawn(async move { //~ orphaned_task
            loop {
                match topic.recv().await {
                    Ok(text) => { let _ = all.send(text).await; }
                    Err(RecvError::Lagged(_)) | Err(RecvError::Closed) => sleep(Duration::from_secs(1)).await,
                }
            }
        });
    }
    loop {
        tokio::select! {
            Some(text) = merged.recv() => socket.send(text).await?,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// Nothing ends the loop, and the `?` leaves without the `abort`.
#[ws_endpoint("/orphaned/no-exit")]
async fn no_exit(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let ticking = tokio::spawn(async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            println!("tick");
        }
    });
    while let Some(message) = socket.recv().await? { //~ orphaned_task
        socket.send(message).await?;
    }
    ticking.abort();
    Ok(())
}
