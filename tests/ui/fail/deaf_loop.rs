use std::time::Duration;

use axum::extract::State;
use futures_util::{Stream, StreamExt as _, stream};
use sockeye::{Handshake, Socket, ws_endpoint};
use tokio::{
    sync::{broadcast, watch},
    time::{interval, sleep},
};

/// Pushes every event.
#[ws_endpoint("/ws/events")]
async fn events(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        let event = events.recv().await?;
        socket.send(event).await?;
    }
}

/// Pushes the time.
#[ws_endpoint("/ws/clock")]
async fn clock(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut ticks = interval(Duration::from_secs(1));
    for second in 0_u64.. {
        ticks.tick().await;
        socket.send(second.to_string()).await?;
    }
    Ok(())
}

/// In batches.
#[ws_endpoint("/ws/batches")]
async fn batches(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut lines = lines();
    while let Some(batch) = lines.next().await {
        for line in batch {
            socket.feed(line).await?;
        }
        socket.flush().await?;
    }
    Ok(())
}

/// Has the other half, and does not use it.
#[ws_endpoint("/ws/halves")]
async fn halves(handshake: Handshake, State(state): State<watch::Sender<String>>) -> sockeye::Result {
    let (sender, _receiver) = handshake.accept().await?.split();
    let mut state = state.subscribe();
    while state.changed().await.is_ok() {
        let now = state.borrow_and_update().clone();
        sender.send(now).await?;
    }
    Ok(())
}

/// Listens once, to who it is, and never again.
#[ws_endpoint("/ws/login")]
async fn login(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(name) = socket.recv().await? else { return Ok(()) };
    tracing::info!(?name, "logged in");
    let mut events = events.subscribe();
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(broadcast::error::RecvError::Lagged(_)) => continue,
            Err(broadcast::error::RecvError::Closed) => break,
        };
        if socket.send(event).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Waits for two things, neither of which is the client.
#[ws_endpoint("/ws/select")]
async fn select(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        tokio::select! {
            event = events.recv() => socket.send(event?).await?,
            () = sleep(Duration::from_secs(20)) => socket.send("still here").await?,
        }
    }
}

/// The loop is in a block of its own.
#[ws_endpoint("/ws/block")]
async fn block(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut events = events.subscribe();
    let push = async {
        loop {
            socket.send(events.recv().await?).await?;
        }
    };
    push.await
}

/// The loop is two functions away.
#[ws_endpoint("/ws/functions")]
async fn functions(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    greet(&mut socket).await
}

async fn greet(socket: &mut Socket) -> sockeye::Result {
    socket.send("hello").await?;
    tick(socket).await
}

async fn tick(socket: &mut Socket) -> sockeye::Result {
    loop {
        sleep(Duration::from_secs(1)).await;
        socket.send("tick").await?;
    }
}

fn lines() -> impl Stream<Item = Vec<String>> + Unpin {
    stream::iter([vec!["one".to_owned()]])
}

fn main() {}
