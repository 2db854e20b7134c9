//! Messages that borrow from constants: rustc forgets `'static` in a future, and must be able to do without.

use std::borrow::Cow;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sockeye::{Event, Handshake, Hub, Json, ws_endpoint};

#[derive(Deserialize)]
struct In {
    _n: u8,
}

#[derive(Serialize, Deserialize, Clone)]
struct Named<'a> {
    name: Cow<'a, str>,
}

/// Answers with a constant.
#[ws_endpoint("/ws/static")]
async fn constant(handshake: Handshake<Json<In, &'static str>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        socket.send("hello").await?;
        socket.feed("hello").await?;
        socket.flush().await?;
        socket.ping().await?;
    }
    Ok(())
}

/// Cow.
#[ws_endpoint("/ws/cow")]
async fn cow(
    handshake: Handshake<Json<Named<'static>, Cow<'static, str>>>,
    State(hub): State<Hub<&'static str>>,
) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut events = hub.topic("a").subscribe();
    let (sender, mut receiver) = socket.split();
    let other = sender.clone();
    sender.spawn(async move {
        let _ = other.send(Cow::Borrowed("x")).await;
    });
    hub.topic("b").publish(&"x")?;
    loop {
        tokio::select! {
            message = receiver.recv() => match message? { None => break, Some(named) => sender.send(named.name).await? },
            event = events.next() => { let _: Event<&'static str> = event?; }
        }
    }
    Ok(())
}

/// Hub.
#[ws_endpoint("/ws/hub")]
async fn feed(
    handshake: Handshake<Json<Vec<Cow<'static, str>>, &'static str>>,
    State(hub): State<Hub<&'static str>>,
) -> sockeye::Result {
    let mut events = hub.topic("a").subscribe_from(handshake.position());
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            message = socket.recv() => if message?.is_none() { return Ok(()) },
            event = events.next() => socket.send(event?).await?,
        }
    }
}

/// A helper for any codec.
async fn ignore<C: sockeye::Codec>(handshake: Handshake<C>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Ignores everything.
#[ws_endpoint("/ws/ignore")]
async fn generic(handshake: Handshake<Json<(), Cow<'static, str>>>) -> sockeye::Result {
    ignore(handshake).await
}

fn main() {}
