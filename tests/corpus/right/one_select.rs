//! `select!` without a loop.

use std::time::Duration;

use axum::extract::State;
use sockeye::{CloseCode, Handshake, Message, Sender, ws_endpoint};
use tokio::{
    sync::broadcast,
    time::{interval, sleep},
};

async fn push(sender: Sender, mut events: broadcast::Receiver<String>) -> sockeye::Result {
    loop {
        match events.recv().await {
            Ok(event) => sender.send(event).await?,
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return Ok(()),
        }
    }
}

/// Pushes until the client says anything.
#[ws_endpoint("/one/until")]
async fn until(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    tokio::select! {
        message = receiver.recv() => {
            tracing::info!(said = message?.is_some(), "over");
        }
        ended = push(sender, events.subscribe()) => ended?,
    }
    Ok(())
}

/// The first message in time, then the rest.
#[ws_endpoint("/one/first")]
async fn first(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    tokio::select! {
        message = socket.recv() => match message? {
            Some(message) => socket.send(message).await?,
            None => return Ok(()),
        },
        () = sleep(Duration::from_secs(5)) => {
            return socket.close(CloseCode::POLICY_VIOLATION, "too slow").await;
        }
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// One answer, and a close.
#[ws_endpoint("/one/answer")]
async fn answer(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    tokio::select! {
        message = socket.recv() => {
            if let Some(message) = message? {
                socket.send(message).await?;
            }
        }
        () = sleep(Duration::from_secs(5)) => socket.send("too slow").await?,
    }
    socket.close(CloseCode::NORMAL, "done").await
}

/// Both directions are loops of their own.
#[ws_endpoint("/one/directions")]
async fn directions(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let listen = async {
        while let Some(message) = receiver.recv().await? {
            sender.send(message).await?;
        }
        Ok(())
    };
    let tick = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            sender.send("tick").await?;
        }
    };
    tokio::select! {
        ended = listen => ended,
        ended = tick => ended,
    }
}
