//! Tasks that hold the connection and that nobody ends.

use std::time::Duration;

use axum::extract::State;
use sockeye::{Handshake, Receiver, Sender, Socket, ws_endpoint, ws_lifecycle};
use tokio::{
    sync::broadcast,
    time::{interval, sleep},
};

/// The ticker goes on after the handler has ended.
#[ws_endpoint("/detached/ticker")]
async fn ticker(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    tokio::spawn(async move { //~ detached_task
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            if sender.send("tick").await.is_err() {
                break;
            }
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// `let _`.
#[ws_endpoint("/detached/underscore")]
async fn underscore(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let _ = tokio::spawn(async move { //~ detached_task
        while sender.send("tick").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// A variable that is never looked at.
#[ws_endpoint("/detached/variable")]
async fn variable(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    let _task = tokio::spawn(async move { //~ detached_task
        while let Ok(event) = events.recv().await { //~ lagged_feed
            if sender.send(event).await.is_err() {
                return;
            }
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// The whole socket.
#[ws_endpoint("/detached/socket")]
async fn whole(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    tokio::spawn(async move { //~ detached_task
        while let Ok(Some(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                break;
            }
        }
    });
    Ok(())
}

/// In an arm.
#[ws_endpoint("/detached/arm")]
async fn arm(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    match receiver.recv().await? {
        Some(message) if message.as_text() == Some("subscribe") => {
            let sender = sender.clone();
            drop(tokio::spawn(async move { //~ detached_task
                while sender.send("news").await.is_ok() {
                    sleep(Duration::from_secs(60)).await;
                }
            }));
        }
        Some(_) => {}
        None => return Ok(()),
    }
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// Inside of an async block.
#[ws_endpoint("/detached/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    async {
        let beats = sender.clone();
        tokio::spawn(async move { //~ detached_task
            loop {
                sleep(Duration::from_secs(1)).await;
                if beats.send("beat").await.is_err() {
                    break;
                }
            }
        });
    }
    .await;
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// The handle is bound, and so is nothing else.
#[ws_endpoint("/detached/named")]
async fn named(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let heartbeat = tokio::spawn(async move { //~ detached_task
        loop {
            if let Err(error) = sender.send("beat").await {
                tracing::info!(%error);
                return;
            }
            sleep(Duration::from_secs(15)).await;
        }
    });
    while let Some(message) = receiver.recv().await? {
        tracing::debug!(?message);
    }
    Ok(())
}

/// A helper with the socket.
async fn park(mut socket: Socket) {
    let _handle = tokio::spawn(async move { //~ detached_task
        while socket.recv().await.is_ok_and(|message| message.is_some()) {}
    });
}

/// The whole socket is moved into a function that a task runs.
#[ws_endpoint("/detached/function")]
async fn in_a_function(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    tokio::spawn(serve_elsewhere(socket)); //~ detached_task
    Ok(())
}

async fn serve_elsewhere(mut socket: Socket) -> sockeye::Result {
    while socket.recv().await?.is_some() {}
    Ok(())
}
