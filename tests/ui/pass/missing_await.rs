//! Futures that are awaited elsewhere than where they are made, and results that are thrown away.
#![deny(warnings)]

use std::{pin::pin, time::Duration};

use futures_util::{FutureExt as _, TryFutureExt as _, future, stream::FuturesUnordered, stream::StreamExt as _};
use sockeye::{Handshake, Socket, ws_endpoint};
use tokio::time::timeout;

/// Kept in a variable, and awaited.
#[ws_endpoint("/ws/kept")]
async fn kept(handshake: Handshake) -> sockeye::Result {
    let acceptance = handshake.accept().header("x-kept", "1");
    let mut socket = acceptance.await?;
    while let Some(message) = socket.recv().await? {
        let reply = socket.send(message);
        tokio::task::yield_now().await;
        reply.await?;
    }
    Ok(())
}

/// Joined.
#[ws_endpoint("/ws/joined")]
async fn joined(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (_, first) = tokio::try_join!(sender.send("welcome"), receiver.recv())?;
    tracing::info!(?first);
    let (sent, flushed) = tokio::join!(sender.feed("one"), sender.flush());
    sent.and(flushed)?;
    while receiver.recv().await?.is_some() {
        future::try_join(sender.send("one"), sender.send("two")).await?;
    }
    Ok(())
}

/// With a timeout, a mapped error, a boxed future.
#[ws_endpoint("/ws/wrapped")]
async fn wrapped(handshake: Handshake) -> sockeye::Result {
    let mut socket = timeout(Duration::from_secs(1), handshake.accept().into_future()).await??;
    socket.send("welcome").map_err(|error| sockeye::Error::new(error)).await?;
    socket.send("again").boxed().await?;
    Box::pin(socket.flush()).await?;
    while let Ok(Ok(Some(message))) = timeout(Duration::from_secs(60), socket.recv()).await {
        socket.send(message).await?;
    }
    Ok(())
}

/// Pinned, and looked at more than once.
#[ws_endpoint("/ws/pinned")]
async fn pinned(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    loop {
        let mut next = pin!(receiver.recv());
        let message = loop {
            tokio::select! {
                message = &mut next => break message?,
                () = tokio::time::sleep(Duration::from_secs(5)) => sender.send("still here").await?,
            }
        };
        let Some(message) = message else { return Ok(()) };
        sender.send(message).await?;
    }
}

/// Many at once.
#[ws_endpoint("/ws/many")]
async fn many(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let mut sends = FuturesUnordered::new();
        for _ in 0..3 {
            sends.push(socket.send(message.clone()));
        }
        while let Some(sent) = sends.next().await {
            sent?;
        }
        let all: Vec<_> = ["a", "b"].map(|text| socket.send(text)).into();
        future::try_join_all(all).await?;
    }
    Ok(())
}

/// Awaited by the function that it is given to, or that asked for it.
#[ws_endpoint("/ws/given")]
async fn given(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        log_failure(socket.send(message)).await;
        greet(&socket).await?;
    }
    Ok(())
}

/// The result is thrown away, not the future.
#[ws_endpoint("/ws/result")]
async fn result(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let _ = socket.send("welcome").await;
    _ = socket.flush().await;
    drop(socket.recv().await);
    while socket.recv().await?.is_some() {}
    let _ = socket.send("bye").await;
    Ok(())
}

/// Something else that sends without waiting.
#[ws_endpoint("/ws/channel")]
async fn channel(handshake: Handshake) -> sockeye::Result {
    let (events, _) = tokio::sync::broadcast::channel::<u64>(1);
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let _ = events.send(1);
        events.send(2).ok();
    }
    Ok(())
}

/// One of two.
#[ws_endpoint("/ws/chosen")]
async fn chosen(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let reply = if message.is_empty() { socket.send("nothing") } else { socket.send(message) };
        reply.await?;
        match socket.subprotocol() {
            Some(_) => socket.send("known"),
            None => socket.feed("unknown"),
        }
        .await?;
        for sent in future::join_all(vec![socket.send("a"), socket.send("b")]).await {
            sent?;
        }
    }
    Ok(())
}

/// Kept in a struct, and in a variable that is pinned.
#[ws_endpoint("/ws/stored")]
async fn stored(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let later = Later { send: sender.send("later") };
    let sent = sender.send("now");
    tokio::pin!(sent);
    tokio::select! {
        sent = &mut sent => sent?,
        message = receiver.recv() => tracing::debug!(?message),
    }
    later.send.await?;
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// Whoever encodes without sending says so.
#[ws_endpoint("/ws/encode", allow(missing_await, reason = "measures the encoding, which is done when `send` returns"))]
async fn encode(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let started = std::time::Instant::now();
        let _ = socket.send(message);
        socket.send(format!("{:?}", started.elapsed())).await?;
    }
    Ok(())
}

struct Later<'a> {
    send: sockeye::Sending<'a>,
}

async fn log_failure(sent: impl Future<Output = sockeye::Result>) {
    if let Err(error) = sent.await {
        tracing::warn!(%error);
    }
}

fn greet(socket: &Socket) -> impl Future<Output = sockeye::Result> {
    socket.send("welcome")
}

fn main() {}
