//! Loops that answer every kind of message.
#![deny(warnings)]

use sockeye::{CloseCode, Handshake, Message, ws_endpoint};

/// The client learns why.
#[ws_endpoint("/ws/told")]
async fn told(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Message::Text(text)) = socket.recv().await? {
        socket.send(text).await?;
    }
    socket.close(CloseCode::UNSUPPORTED_DATA, "text only").await
}

/// Other kinds are ignored.
#[ws_endpoint("/ws/ignored")]
async fn ignored(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await? {
            Some(Message::Text(text)) => socket.send(text).await?,
            Some(_) => {}
            None => return Ok(()),
        }
    }
}

/// First texts, then bytes.
#[ws_endpoint("/ws/phases")]
async fn phases(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Message::Text(text)) = socket.recv().await? {
        socket.send(text).await?;
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn main() {}
