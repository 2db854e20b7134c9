//! Helpers of the same file that send, receive or look, used rightly.

use std::time::Duration;

use axum::http::StatusCode;
use sockeye::{Handshake, Message, Sender, Socket, ws_endpoint};
use tokio::{sync::mpsc, time::timeout};

async fn reply(socket: &mut Socket, text: &str) -> sockeye::Result<()> {
    socket.send(format!("echo: {text}")).await?;
    Ok(())
}

async fn tell(sender: &Sender, text: &str) -> bool {
    sender.send(text.to_owned()).await.is_ok()
}

fn is_allowed(handshake: &Handshake) -> bool {
    handshake.bearer_token().is_some()
}

async fn login(socket: &mut Socket) -> sockeye::Result<Option<String>> {
    let Some(token) = socket.recv().await? else { return Ok(None) };
    Ok(token.as_text().map(str::to_owned))
}

/// Asks, then answers.
#[ws_endpoint("/asked")]
async fn asked(handshake: Handshake) -> sockeye::Result<()> {
    if !is_allowed(&handshake) {
        return Err(handshake.reject(StatusCode::UNAUTHORIZED, "no token"));
    }
    let mut socket = handshake.accept().await?;
    reply(&mut socket, "hello").await?;
    while let Some(message) = socket.recv().await? {
        reply(&mut socket, &format!("{message:?}")).await?;
    }
    Ok(())
}

/// Waits for a login, but not forever.
#[ws_endpoint("/login")]
async fn logged_in(handshake: Handshake) -> sockeye::Result<()> {
    let mut socket = handshake.accept().await?;
    let Ok(user) = timeout(Duration::from_secs(10), login(&mut socket)).await else {
        return Ok(());
    };
    let Some(user) = user? else { return Ok(()) };
    while let Some(text) = socket.recv().await? {
        reply(&mut socket, &format!("{user}: {text:?}")).await?;
    }
    Ok(())
}

/// Feeds while it listens.
#[ws_endpoint("/feed/with/helpers")]
async fn feed(handshake: Handshake) -> sockeye::Result<()> {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = ticks.tick() => if !tell(&sender, "tick").await { break },
            text = receiver.recv() => match text? {
                Some(text) => if !tell(&sender, &format!("{text:?}")).await { break },
                None => break,
            },
        }
    }
    Ok(())
}

async fn serve_elsewhere(mut socket: Socket) -> sockeye::Result {
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The task of a function is awaited.
#[ws_endpoint("/task/awaited")]
async fn awaited_task(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let task = tokio::spawn(serve_elsewhere(socket));
    task.await.map_err(std::io::Error::other)?
}
