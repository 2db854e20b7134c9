//! Handlers that receive in a loop, somewhere; that close in so many words; or that hand their socket on.
#![deny(warnings)]

use std::time::Duration;

use axum::extract::{Path, State};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use sockeye::{CloseCode, Error, Handshake, Receiver, Sender, Socket, ws_endpoint};
use tokio::{sync::mpsc, time::timeout};

/// The plain loop.
#[ws_endpoint("/ws/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// One answer, and a close that says so.
#[ws_endpoint("/ws/once")]
async fn once(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    if let Some(question) = socket.recv().await? {
        socket.send(question).await?;
    }
    socket.close(CloseCode::NORMAL, "that was all").await
}

/// A refusal that a browser can read.
#[ws_endpoint("/ws/refused")]
async fn refused(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(CloseCode::POLICY_VIOLATION, "log in first").await
}

/// Closes by an error, or goes on.
#[ws_endpoint("/ws/error")]
async fn error(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.send("closed today").await?;
    Err(Error::close(CloseCode::TRY_AGAIN_LATER, "closed today"))
}

/// The loop is in a function that takes the socket.
#[ws_endpoint("/ws/given")]
async fn given(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send("welcome").await?;
    if socket.subprotocol() == Some("v2") {
        return serve(&mut socket).await;
    }
    own(socket).await
}

/// The loop is in an `async` block.
#[ws_endpoint("/ws/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    async move {
        while socket.recv().await?.is_some() {}
        Ok(())
    }
    .await
}

/// The halves are in two functions.
#[ws_endpoint("/ws/halves")]
async fn halves(handshake: Handshake) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    tokio::try_join!(write(sender), read(receiver))?;
    Ok(())
}

/// The loop is in a task that the handler waits for.
#[ws_endpoint("/ws/task")]
async fn task(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let task = tokio::spawn(async move { while let Ok(Some(_)) = socket.recv().await {} });
    task.await?;
    Ok(())
}

/// The socket goes to somebody else, who serves it.
#[ws_endpoint("/ws/room")]
async fn room(handshake: Handshake, State(room): State<mpsc::Sender<Member>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let (left, leaves) = tokio::sync::oneshot::channel();
    room.send(Member { socket, _left: left }).await?;
    _ = leaves.await;
    Ok(())
}

/// A stream that is made of the socket goes round.
#[ws_endpoint("/ws/stream")]
async fn streamed(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let messages = stream::unfold(socket, |mut socket| async move {
        let message = socket.recv().await.ok()??;
        Some((message, socket))
    });
    messages.for_each(|message| async move { tracing::info!(?message) }).await;
    Ok(())
}

/// A `for` loop is a loop.
#[ws_endpoint("/ws/five")]
async fn five(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    for _ in 0..5 {
        let Some(message) = socket.recv().await? else { break };
        socket.send(message).await?;
    }
    Ok(())
}

/// In a `select!`, with a deadline, with `now_or_never`.
#[ws_endpoint("/ws/select/{seconds}")]
async fn select(handshake: Handshake, Path(seconds): Path<u64>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let patience = Duration::from_secs(seconds);
    while let Ok(message) = timeout(patience, socket.recv()).await {
        let Some(message) = message? else { return Ok(()) };
        socket.send(message).await?;
        while let Some(Ok(Some(more))) = socket.recv().now_or_never() {
            socket.send(more).await?;
        }
    }
    Ok(())
}

/// A client that leaves first, or never was there, needs no close.
#[ws_endpoint("/ws/left")]
async fn left(handshake: Handshake) -> sockeye::Result {
    let Ok(mut socket) = handshake.accept().await else { return Ok(()) };
    let Some(question) = socket.recv().await? else { return Ok(()) };
    if socket.send(question).await.is_err() {
        return Ok(());
    }
    socket.close(CloseCode::NORMAL, "that was all").await
}

/// A macro of the user's serves it.
#[ws_endpoint("/ws/macro")]
async fn by_macro(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    drain!(socket);
    Ok(())
}

/// Ends by leaving the connection open for ever, in the hands of nobody.
#[ws_endpoint("/ws/parked")]
async fn parked(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.send("wait here").await?;
    std::future::pending().await
}

/// Whoever means it says so.
#[ws_endpoint("/ws/ended", allow(no_receive_loop, reason = "old clients take the close code 1000 as the signal to poll"))]
async fn ended(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.send("poll /status").await?;
    Ok(())
}

#[macro_export]
macro_rules! drain {
    ($socket:ident) => {
        while $socket.recv().await?.is_some() {}
    };
}

/// Somebody in the room.
struct Member {
    socket: Socket,
    _left: tokio::sync::oneshot::Sender<()>,
}

async fn serve(socket: &mut Socket) -> sockeye::Result {
    while socket.recv().await?.is_some() {}
    Ok(())
}

async fn own(mut socket: Socket) -> sockeye::Result {
    serve(&mut socket).await
}

async fn write(sender: Sender) -> sockeye::Result {
    sender.send("welcome").await
}

async fn read(mut receiver: Receiver) -> sockeye::Result {
    while let Some(message) = receiver.recv().await? {
        tracing::info!(?message);
    }
    Ok(())
}

fn main() {
    let _ = |member: Member| member.socket;
}
