//! The same echo, twice.

#![allow(clippy::print_stdout, reason = "the parent process reads the address")]

use std::io;

use axum::{
    Router,
    extract::ws::{WebSocket, WebSocketUpgrade},
    routing::any,
    serve::ListenerExt as _,
};
use sockeye::{Handshake, Heartbeat, Limits, Server, ws_endpoint};
use tokio::net::TcpListener;

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The echo on Sockeye, until the process is killed.
///
/// # Errors
/// When it cannot listen.
pub async fn sockeye() -> io::Result<()> {
    sockeye_within(Limits::new()).await
}

/// The same, with these limits.
///
/// # Errors
/// When it cannot listen.
pub async fn sockeye_within(limits: Limits) -> io::Result<()> {
    // All clients are one address here.
    let limits = limits.max_connections_per_client(10_000);
    // They count bytes, and neither expect nor answer pings.
    let server = Server::new().limits(limits).heartbeat(Heartbeat::off());
    let checked = server.check().await.map_err(io::Error::other)?;
    checked.serve_on(listen().await?).await.map_err(io::Error::other)
}

/// The echo on axum.
///
/// # Errors
/// When it cannot listen.
pub async fn axum() -> io::Result<()> {
    let upgrade = async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echo_on_axum);
    let listener = listen().await?.tap_io(|stream| {
        // As Sockeye does: a small message must not wait for the acknowledgement of the one before.
        _ = stream.set_nodelay(true);
    });
    axum::serve(listener, Router::new().route("/echo", any(upgrade))).await
}

async fn echo_on_axum(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// Listens on a free port and tells the parent process which.
async fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    Ok(listener)
}
