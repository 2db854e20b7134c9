//! A kind of message that the loop does not expect is not the end of the conversation.

use sockeye::{Handshake, Message, ws_endpoint};

/// In the condition.
#[ws_endpoint("/ws/while")]
async fn condition(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Message::Text(text)) = socket.recv().await? {
        socket.send(text).await?;
    }
    Ok(())
}

/// In an arm.
#[ws_endpoint("/ws/arm")]
async fn arm(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await? {
            Some(Message::Binary(bytes)) => socket.send(bytes).await?,
            _ => return Ok(()),
        }
    }
}

/// In `else`.
#[ws_endpoint("/ws/else")]
async fn otherwise(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let Some(Message::Text(text)) = socket.recv().await? else { return Ok(()) };
        socket.send(text).await?;
    }
}

fn main() {}
