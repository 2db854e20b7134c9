//! Sends before the close, closes on some of the ways, and does other things afterwards.
#![deny(warnings)]

use std::time::Duration;

use axum::{extract::State, http::StatusCode};
use sockeye::{CloseCode, Handshake, Socket, ws_endpoint};
use tokio::{sync::mpsc, time::sleep};

/// Closes on one way and goes on on the other.
#[ws_endpoint("/ws/bye")]
async fn bye(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.as_text() == Some("bye") {
            socket.send("bye").await?;
            return socket.close(CloseCode::NORMAL, "bye").await;
        }
        socket.send(message).await?;
    }
    Ok(())
}

/// The loop is left before the close.
#[ws_endpoint("/ws/break")]
async fn leaves(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut count = 0_u64;
    while let Some(message) = socket.recv().await? {
        count += 1;
        if message.is_empty() {
            break;
        }
        socket.send(message).await?;
    }
    socket.send(count.to_string()).await?;
    socket.close(CloseCode::NORMAL, "done").await?;
    tracing::info!(count, "done");
    Ok(())
}

/// Other things that close and send.
#[ws_endpoint("/ws/channel")]
async fn channel(handshake: Handshake, State(done): State<mpsc::Sender<u64>>) -> sockeye::Result {
    let (give, mut take) = mpsc::channel::<u64>(1);
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        give.send(1).await?;
        done.send(take.recv().await.unwrap_or_default()).await?;
    }
    take.close();
    socket.close(CloseCode::NORMAL, "").await?;
    done.send(0).await?;
    Ok(())
}

/// A new socket in the old one's name.
#[ws_endpoint("/ws/name")]
async fn name(handshake: Handshake, State(others): State<mpsc::Sender<Socket>>) -> sockeye::Result {
    let (give, mut take) = mpsc::channel::<Socket>(1);
    drop((give, others));
    let socket = handshake.accept().await?;
    socket.close(CloseCode::SERVICE_RESTART, "come back").await?;
    while let Some(mut socket) = take.recv().await {
        socket.send("your turn").await?;
        socket.recv().await?;
    }
    Ok(())
}

/// Closes when the time is over.
#[ws_endpoint("/ws/minute")]
async fn minute(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut over = Box::pin(sleep(Duration::from_secs(60)));
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(message) => socket.send(message).await?,
                None => return Ok(()),
            },
            () = &mut over => break,
        }
    }
    socket.close(CloseCode::GOING_AWAY, "the minute is over").await
}

/// A rejection's error can be looked at.
#[ws_endpoint("/ws/closed")]
async fn closed(handshake: Handshake) -> sockeye::Result {
    let refusal = handshake.reject(StatusCode::GONE, "moved to /ws/v2");
    tracing::info!(%refusal, code = ?refusal.close_code());
    Err(refusal)
}

fn main() {}
