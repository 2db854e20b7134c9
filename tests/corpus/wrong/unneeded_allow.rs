//! Exceptions for what never happens.

use std::time::Duration;

use sockeye::{Handshake, ws_endpoint};

/// Has a loop.
#[ws_endpoint("/unneeded/loop", allow(no_receive_loop, reason = "it had none once"))] //~ unneeded_allow
async fn has_loop(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Does not block.
#[ws_endpoint(
    "/unneeded/blocking",
    allow(
        blocking_call, //~ unneeded_allow
        reason = "the disk is fast"
    )
)]
async fn does_not_block(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let bytes = tokio::fs::read("/etc/hostname").await?;
        socket.send(format!("{} {}", bytes.len(), message.len())).await?;
    }
    Ok(())
}

/// One of two is needed.
#[ws_endpoint(
    "/unneeded/one-of-two",
    allow(
        panicking_io,
        missing_await, //~ unneeded_allow
        reason = "a panic is how this test ends"
    )
)]
async fn one_of_two(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await.unwrap();
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Documented.
#[ws_endpoint("/unneeded/documented", allow(undocumented_endpoint, reason = "its name says it"))] //~ unneeded_allow
async fn documented(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Listens.
#[ws_endpoint(
    "/unneeded/listens",
    allow(deaf_loop, reason = "clients only listen"), //~ unneeded_allow
    allow(swallowed_error, reason = "nobody cares"), //~ unneeded_allow
)]
async fn listens(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = ticks.tick() => socket.send("tick").await?,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// Has no task.
#[ws_endpoint("/unneeded/task", allow(detached_task, reason = "it ends by itself"))] //~ unneeded_allow
async fn no_task(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.spawn(async { tracing::info!("tied to the connection") });
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Does not spin.
#[ws_endpoint("/unneeded/spinning", allow(spinning_loop, reason = "the queue is never empty"))] //~ unneeded_allow
async fn does_not_spin(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let Some(message) = socket.recv().await? else { break };
        socket.send(message).await?;
    }
    Ok(())
}

/// Allows one thing, and does another.
#[ws_endpoint("/unneeded/another", allow(deaf_loop, reason = "clients only listen"))] //~ unneeded_allow
async fn another(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?; //~ no_receive_loop
    socket.send("welcome").await?;
    Ok(())
}

/// Unwraps nothing.
#[ws_endpoint("/unneeded/unwrap", allow(panicking_io, reason = "it cannot fail"))] //~ unneeded_allow
async fn unwraps_nothing(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let length: u64 = message.len().try_into().unwrap();
        socket.send(length.to_string()).await?;
    }
    Ok(())
}
