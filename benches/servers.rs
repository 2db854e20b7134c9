//! The same echo and the same feed, on Sockeye and on raw axum. What a client sends to `/feed` goes to all clients of `/feed`.

#![allow(clippy::print_stdout, reason = "the parent process reads the address")]

use std::io;

use axum::{
    Router,
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    routing::any,
    serve::ListenerExt as _,
};
use sockeye::{Handshake, Heartbeat, Hub, Limits, Raw, Server, Topic, ws_endpoint};
use tokio::{
    net::TcpListener,
    select,
    sync::broadcast::{self, Sender},
};

/// The bytes that one message may have, on every server.
const LARGEST: usize = 2 * 1024 * 1024;

/// The buffer that axum needs for small messages. The default is 128 KiB for each connection.
const READ_BUFFER: usize = 4 * 1024;

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Brings what each says to all.
#[ws_endpoint("/feed")]
async fn feed(handshake: Handshake, State(all): State<Topic<sockeye::Message>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = all.subscribe();
    loop {
        select! {
            message = socket.recv() => match message? {
                Some(message) => _ = all.publish(&message)?,
                None => return Ok(()),
            },
            event = events.next() => socket.send(event?).await?,
        }
    }
}

/// Sockeye, until the process is killed.
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
    let checked = server(limits).check().await.map_err(io::Error::other)?;
    checked.serve_on(listen().await?).await.map_err(io::Error::other)
}

fn server(limits: Limits) -> Server {
    // All clients are one address here.
    let limits = limits.max_connections_per_client(10_000).max_message_size(LARGEST);
    // The clients count bytes, and neither expect nor answer pings.
    let server = Server::new().heartbeat(Heartbeat::off()).limits(limits);
    server.state(Hub::encoded_by::<Raw>().build().topic("all"))
}

/// axum as its documentation shows it.
///
/// # Errors
/// When it cannot listen.
pub async fn axum() -> io::Result<()> {
    axum_with(|upgrade| upgrade).await
}

/// axum with a buffer that fits small messages.
///
/// # Errors
/// When it cannot listen.
pub async fn axum_tuned() -> io::Result<()> {
    axum_with(|upgrade| upgrade.read_buffer_size(READ_BUFFER)).await
}

async fn axum_with(options: fn(WebSocketUpgrade) -> WebSocketUpgrade) -> io::Result<()> {
    let options = move |upgrade: WebSocketUpgrade| options(upgrade).max_message_size(LARGEST);
    let echo = async move |upgrade: WebSocketUpgrade| options(upgrade).on_upgrade(echo_on_axum);
    let feed = async move |upgrade: WebSocketUpgrade, State(all): State<Sender<Message>>| {
        options(upgrade).on_upgrade(move |socket| feed_on_axum(socket, all))
    };
    let listener = listen().await?.tap_io(|stream| {
        // As Sockeye does: a small message must not wait for the acknowledgement of the one before.
        _ = stream.set_nodelay(true);
    });
    let all = broadcast::channel(1024).0;
    axum::serve(listener, Router::new().route("/echo", any(echo)).route("/feed", any(feed)).with_state(all))
        .await
}

async fn echo_on_axum(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

async fn feed_on_axum(mut socket: WebSocket, all: Sender<Message>) {
    let mut events = all.subscribe();
    loop {
        select! {
            message = socket.recv() => match message {
                Some(Ok(message @ Message::Text(_))) => _ = all.send(message),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
            event = events.recv() => match event {
                Ok(event) => if socket.send(event).await.is_err() { return },
                Err(_) => return,
            },
        }
    }
}

/// Listens on a free port and tells the parent process which.
async fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    Ok(listener)
}
