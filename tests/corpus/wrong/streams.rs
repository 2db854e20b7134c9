//! The socket as a stream, used as no stream may be.

use std::time::Duration;

use axum::extract::State;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sockeye::{Handshake, Hub, Json, ws_endpoint};
use tokio::time::interval;

/// Goes round at the end.
#[ws_endpoint("/streams/spins")]
async fn spins(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        if let Some(Ok(message)) = socket.next().await { //~ spinning_loop
            socket.send(message).await?;
        }
    }
}

/// Receives once.
#[ws_endpoint("/streams/once")]
async fn once(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?; //~ no_receive_loop
    if let Some(message) = socket.next().await {
        socket.send(message?).await?;
    }
    Ok(())
}

/// Does not wait.
#[ws_endpoint("/streams/unawaited")]
async fn unawaited(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.next(); //~ missing_await
    while let Some(message) = socket.try_next().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Panics at the end, and at what does not decode.
#[ws_endpoint("/streams/panics")]
async fn panics(handshake: Handshake<Json<u32>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let first = socket.next().await.unwrap(); //~ panicking_io
    socket.send(first?).await?;
    while let Some(number) = socket.next().await {
        socket.send(number.unwrap()).await?; //~ panicking_io
    }
    Ok(())
}

/// The end of the client is no end of the loop.
#[ws_endpoint("/streams/select")]
async fn select(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut tick = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            message = socket.next() => if let Some(message) = message { //~ spinning_loop
                message?;
            },
            _ = tick.tick() => socket.send("tick").await?,
        }
    }
}

/// Forwards nothing.
#[ws_endpoint("/streams/forgotten")]
async fn forgotten(handshake: Handshake, State(hub): State<Hub<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.forward(hub.topic("all").subscribe()); //~ missing_await
    Ok(())
}

/// Panics when the client is too slow.
#[ws_endpoint("/streams/unwrapped")]
async fn unwrapped(handshake: Handshake, State(hub): State<Hub<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.forward(hub.topic("all").subscribe()).await.unwrap(); //~ panicking_io
    Ok(())
}

/// Before it accepts.
#[ws_endpoint("/streams/early")]
async fn early(handshake: Handshake, State(hub): State<Hub<String>>) -> sockeye::Result {
    handshake.forward(hub.topic("all").subscribe()).await //~ io_before_accept
}
