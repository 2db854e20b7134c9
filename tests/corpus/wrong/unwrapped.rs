//! Combinators and generic structs that unwrap.

use std::time::Duration;
use axum::extract::State;
use sockeye::{Handshake, Sender, ws_endpoint};
use tokio::{sync::{}, time::{timeout}};

/// Map.
#[ws_endpoint("/unwrapped/map")]
async fn map(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Ok(message) = socket.recv().await.map(Option::unwrap) { //~ panicking_io
        socket.send(message).await?;
    }
    Ok(())
}

/// Transpose.
#[ws_endpoint("/unwrapped/transpose")]
async fn transpose(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await.transpose().map(Result::unwrap) { //~ panicking_io
        socket.send(message).await?;
    }
    Ok(())
}

/// Closure.
#[ws_endpoint("/unwrapped/closure")]
async fn closure(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await.transpose().map(|message| message.unwrap()) { //~ panicking_io
        socket.send(message).await?;
    }
    Ok(())
}

/// Expect.
#[ws_endpoint("/unwrapped/expect")]
async fn expect(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await.transpose().map(|message| message.expect("a message")) { //~ panicking_io
        socket.send(message).await?;
    }
    Ok(())
}

/// Map or else.
#[ws_endpoint("/unwrapped/map_or_else")]
async fn map_or_else(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await.unwrap_or_else(|error| panic!("{error}")); //~ panicking_io
    }
    Ok(())
}

/// Join.
#[ws_endpoint("/unwrapped/join")]
async fn join(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(message) = receiver.recv().await? {
        timeout(Duration::from_secs(1), sender.send(message)).await.map(Result::unwrap).ok(); //~ panicking_io
    }
    Ok(())
}

/// Async map.
#[ws_endpoint("/unwrapped/async_map")]
async fn async_map(handshake: Handshake) -> sockeye::Result {
    use futures_util::FutureExt as _;
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(message) = receiver.recv().await? {
        sender.send(message).map(Result::unwrap).await; //~ panicking_io
    }
    Ok(())
}

/// Async map2.
#[ws_endpoint("/unwrapped/async_map2")]
async fn async_map2(handshake: Handshake) -> sockeye::Result {
    use futures_util::FutureExt as _;
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(message) = receiver.recv().await? {
        sender.send(message).map(|sent| sent.expect("sent")).await; //~ panicking_io
    }
    Ok(())
}

struct Client<T> { sender: Sender, data: T }

impl<T: ToString> Client<T> {
    async fn tell(&self) {
        self.sender.send(self.data.to_string()).await.unwrap(); //~ panicking_io
    }
}

struct Link<S> { sink: S }

impl Link<Sender> {
    async fn tell(&self) {
        self.sink.send("x").await.unwrap(); //~ panicking_io
    }
}

struct Peer<S> { half: S, name: String }

/// Generic.
#[ws_endpoint("/unwrapped/generic")]
async fn generic(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let peer = Peer { half: sender, name: String::new() };
    while let Some(message) = receiver.recv().await? {
        peer.half.send(message).await.unwrap(); //~ panicking_io
    }
    Ok(())
}
