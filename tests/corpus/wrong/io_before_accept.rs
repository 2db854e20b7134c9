//! Talking before the handshake is answered.

use std::time::Duration;

use axum::extract::State;
use sockeye::{CloseCode, Handshake, Json, ws_endpoint, ws_lifecycle};
use tokio::{sync::broadcast, time::timeout};

/// Says hello to nobody.
#[ws_endpoint("/before/send")]
async fn send(handshake: Handshake) -> sockeye::Result {
    handshake.send("hello").await?; //~ io_before_accept
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Reads the token from a socket that is not there.
#[ws_endpoint("/before/recv")]
async fn recv(mut handshake: Handshake) -> sockeye::Result {
    let token = handshake.recv().await?; //~ io_before_accept
    if token.is_none() {
        return Err(handshake.reject(axum::http::StatusCode::UNAUTHORIZED, "no token"));
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A loop on the handshake, and the accept is forgotten altogether.
#[ws_endpoint("/before/loop")]
async fn in_loop(mut socket: Handshake) -> sockeye::Result {
    while let Some(message) = socket.recv().await? { //~ io_before_accept
        socket.send(message).await?; //~ io_before_accept
    }
    Ok(())
}

/// Closes what was never open.
#[ws_endpoint("/before/close")]
async fn close(handshake: Handshake) -> sockeye::Result {
    if handshake.origin().is_none() {
        return handshake.close(CloseCode::POLICY_VIOLATION, "no origin").await; //~ io_before_accept
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Splits too early.
#[ws_endpoint("/before/split")]
async fn split(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.split(); //~ io_before_accept
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Feeds and flushes.
#[ws_endpoint("/before/feed")]
async fn feed(handshake: Handshake) -> sockeye::Result {
    for line in ["one", "two"] {
        handshake.feed(line).await?; //~ io_before_accept
    }
    handshake.flush().await?; //~ io_before_accept
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// In an arm.
#[ws_endpoint("/before/arm")]
async fn arm(handshake: Handshake<Json<u8>>) -> sockeye::Result {
    match handshake.headers().get("x-version") {
        None => handshake.send(0).await?, //~ io_before_accept
        Some(_) => {}
    }
    let mut socket = handshake.accept().await?;
    while let Some(number) = socket.recv().await? {
        socket.send(number).await?;
    }
    Ok(())
}

/// In a branch of `select!`.
#[ws_endpoint("/before/select")]
async fn select(mut handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut events = events.subscribe();
    tokio::select! {
        message = handshake.recv() => drop(message?), //~ io_before_accept
        event = events.recv() => drop(event?),
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// With a limit around it.
#[ws_endpoint("/before/timeout")]
async fn with_timeout(mut handshake: Handshake) -> sockeye::Result {
    let first = timeout(
        Duration::from_secs(5),
        handshake.recv(), //~ io_before_accept
    )
    .await??;
    let mut socket = handshake.accept().await?;
    socket.send(format!("{first:?}")).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// In `join!`.
#[ws_endpoint("/before/join")]
async fn join(handshake: Handshake) -> sockeye::Result {
    let (sent, ()) = tokio::join!(
        handshake.send("wait"), //~ io_before_accept
        tokio::time::sleep(Duration::from_secs(1)),
    );
    sent?;
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// In an async block, over several lines.
#[ws_endpoint("/before/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    async {
        handshake
            .send("please wait") //~ io_before_accept
            .await
    }
    .await?;
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Moved to the name of a socket first.
#[ws_endpoint("/before/renamed")]
async fn renamed(handshake: Handshake) -> sockeye::Result {
    let socket = handshake;
    let result = socket.send("welcome").await; //~ io_before_accept
    result?;
    let mut socket = socket.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The socket's own tasks, of a handshake.
#[ws_endpoint("/before/spawn")]
async fn spawn(handshake: Handshake) -> sockeye::Result {
    handshake.spawn(async { tracing::info!("connected") }); //~ io_before_accept
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Asks for the close frame of a request.
#[ws_endpoint("/before/close-frame")]
async fn close_frame(handshake: Handshake) -> sockeye::Result {
    if let Some(frame) = handshake.close_frame() { //~ io_before_accept
        tracing::info!(?frame);
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A helper that gets the handshake and talks at once.
#[ws_lifecycle]
async fn greet(handshake: Handshake, name: &str) -> sockeye::Result {
    if let Err(error) = handshake.send(name).await { //~ io_before_accept
        return Err(error);
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}
