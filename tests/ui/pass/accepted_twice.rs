//! One decision on every way, however many times it is written down.
#![deny(warnings)]

use std::time::Duration;

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use sockeye::{CloseCode, Error, Handshake, Socket, ws_endpoint};
use tokio::time::{interval, timeout};

/// Three decisions, of which each client meets one.
#[ws_endpoint("/ws/rooms/{room}")]
async fn rooms(handshake: Handshake, Path(room): Path<u64>, State(full): State<bool>) -> sockeye::Result {
    if room > 99 {
        return Err(handshake.reject(StatusCode::NOT_FOUND, "no such room"));
    }
    if full {
        return Err(handshake.reject(StatusCode::SERVICE_UNAVAILABLE, "full"));
    }
    echo(handshake.accept().await?).await
}

/// Accepted in both arms.
#[ws_endpoint("/ws/arms")]
async fn arms(handshake: Handshake, State(traced): State<bool>) -> sockeye::Result {
    let socket = if traced {
        handshake.accept().header("x-trace", "1").await?
    } else {
        handshake.accept().await?
    };
    echo(socket).await
}

/// After `accept` a wrong password is a reason to close.
#[ws_endpoint("/ws/password")]
async fn password(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let first = timeout(Duration::from_secs(10), socket.recv()).await.unwrap_or(Ok(None))?;
    if first.is_none_or(|message| message.as_text() != Some("sesame")) {
        return Err(Error::close(CloseCode::POLICY_VIOLATION, "wrong password"));
    }
    echo(socket).await
}

/// A loop that accepts and does not come round.
#[ws_endpoint("/ws/loop")]
async fn in_a_loop(handshake: Handshake, State(names): State<Vec<String>>) -> sockeye::Result {
    for name in &names {
        if handshake.headers().contains_key(name.as_str()) {
            return echo(handshake.accept().await?).await;
        }
    }
    Err(handshake.reject(StatusCode::UNAUTHORIZED, "no header with a name"))
}

/// Another value with a method of that name.
#[ws_endpoint("/ws/listener")]
async fn listener(handshake: Handshake) -> sockeye::Result {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            accepted = listener.accept() => socket.send(format!("{:?}", accepted?.1)).await?,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// A loop in which it can be taken once.
#[ws_endpoint("/ws/taken")]
async fn taken(handshake: Handshake) -> sockeye::Result {
    let mut ticks = interval(Duration::from_secs(1));
    let mut waiting = Some(handshake);
    let mut open = None;
    loop {
        ticks.tick().await;
        if let Some(handshake) = waiting.take() {
            open = Some(handshake.accept().await?);
        }
        let Some(socket) = &mut open else { continue };
        if socket.recv().await?.is_none() {
            return Ok(());
        }
    }
}

async fn echo(mut socket: Socket) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

fn main() {}
