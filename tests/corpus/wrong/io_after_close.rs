//! Talking after the end.

use std::time::Duration;

use axum::{extract::State, http::StatusCode};
use sockeye::{CloseCode, Handshake, Message, Socket, ws_endpoint, ws_lifecycle};
use tokio::sync::broadcast;

/// Says goodbye in the wrong order.
#[ws_endpoint("/after/send")]
async fn send(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    socket.close(CloseCode::NORMAL, "").await?;
    socket.send("bye").await?; //~ io_after_close
    Ok(())
}

/// Waits for the last message of a closed connection.
#[ws_endpoint("/after/recv")]
async fn recv(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send("done").await?;
    socket.close(CloseCode::NORMAL, "done").await?;
    while socket.recv().await?.is_some() {} //~ io_after_close
    Ok(())
}

/// Closes twice.
#[ws_endpoint("/after/close")]
async fn close(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    let _ = socket.close(CloseCode::NORMAL, "").await;
    socket.close(CloseCode::NORMAL, "really").await //~ io_after_close
}

/// Closes in an arm, and the loop goes on.
#[ws_endpoint("/after/loop")]
async fn in_loop(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.is_empty() {
            socket.close(CloseCode::POLICY_VIOLATION, "empty").await?;
            socket.send("you were told").await?; //~ io_after_close
            break;
        }
        socket.send(message).await?;
    }
    Ok(())
}

/// Closes in both branches.
#[ws_endpoint("/after/branches")]
async fn branches(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    match socket.recv().await? {
        Some(message) if message.is_empty() => socket.close(CloseCode::POLICY_VIOLATION, "empty").await?,
        Some(_) => socket.close(CloseCode::NORMAL, "enough").await?,
        None => return Ok(()),
    }
    socket.flush().await?; //~ io_after_close
    Ok(())
}

/// The frame of the peer is asked for too late.
#[ws_endpoint("/after/frame")]
async fn frame(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    socket.close(CloseCode::NORMAL, "").await?;
    if let Some(frame) = socket.close_frame() { //~? io_after_close
        tracing::info!(?frame);
    }
    Ok(())
}

/// Splits what is closed.
#[ws_endpoint("/after/split")]
async fn split(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.close(CloseCode::NORMAL, "").await?;
    let (_sender, receiver) = socket.split(); //~ io_after_close
    tracing::info!(peer = ?receiver.peer());
    Ok(())
}

/// In a branch of `select!`.
#[ws_endpoint("/after/select")]
async fn select(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(message) => socket.send(message).await?,
                None => return Ok(()),
            },
            event = events.recv() => match event {
                Ok(event) => socket.send(event).await?,
                Err(_) => {
                    socket.close(CloseCode::GOING_AWAY, "no more events").await?;
                    socket.send("sorry").await?; //~ io_after_close
                    return Ok(());
                }
            },
        }
    }
}

/// Before the loop instead of after it.
#[ws_endpoint("/after/before-loop")]
async fn before_loop(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send("welcome").await?;
    socket.close(CloseCode::NORMAL, "").await?;
    loop {
        match socket.recv().await? { //~ io_after_close
            Some(message) => drop(message),
            None => break,
        }
    }
    Ok(())
}

/// A refusal is the end of the handshake too.
#[ws_endpoint("/after/reject")]
async fn after_reject(handshake: Handshake) -> sockeye::Result {
    let error = handshake.reject(StatusCode::FORBIDDEN, "no");
    tracing::info!(peer = ?handshake.peer()); //~? io_after_close
    Err(error)
}

/// In an async block.
#[ws_endpoint("/after/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    async move {
        let mut socket = handshake.accept().await?;
        while let Some(Message::Text(text)) = socket.recv().await? {
            socket.send(text).await?;
        }
        socket.close(CloseCode::UNSUPPORTED_DATA, "text only").await?;
        socket
            .send("text only, please") //~ io_after_close
            .await
    }
    .await
}

/// With a limit around the close.
#[ws_endpoint("/after/timeout")]
async fn with_timeout(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    let closing = socket.close(CloseCode::NORMAL, "");
    if tokio::time::timeout(Duration::from_secs(1), closing).await.is_err() {
        socket.send("still there?").await?; //~ io_after_close
    }
    Ok(())
}

/// A helper that closes and forgets that it did.
#[ws_lifecycle]
async fn kick(mut socket: Socket, reason: &str) -> sockeye::Result {
    socket.close(CloseCode::POLICY_VIOLATION, reason).await?;
    let _late = socket.recv().await?; //~ io_after_close
    Ok(())
}

/// A shadowed name: the inner one is closed, and it is the same.
#[ws_endpoint("/after/shadowed")]
async fn shadowed(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut socket = socket;
    while socket.recv().await?.is_some() {}
    let closed = socket.close(CloseCode::NORMAL, "").await;
    closed?;
    let socket = &socket;
    socket.send("bye").await //~ io_after_close
}

/// In `let else`.
#[ws_endpoint("/after/let-else")]
async fn let_else(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(first) = socket.recv().await? else {
        socket.close(CloseCode::NORMAL, "").await?;
        return socket.send("nothing came").await; //~ io_after_close
    };
    socket.send(first).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}
