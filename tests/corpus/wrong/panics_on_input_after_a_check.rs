//! Checks of the length that say nothing of the element that is used.

use sockeye::{Handshake, ws_endpoint};

/// Words of a line, of which only the first one is known to be there.
#[ws_endpoint("/checked/words")]
async fn words(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let words: Vec<_> = message.as_text().unwrap_or_default().split_whitespace().collect();
        if words.is_empty() {
            continue;
        }
        let (name, value) = (words[0], words[1]); //~ panics_on_input
        socket.send(format!("{name}={value}")).await?;
    }
    Ok(())
}

/// The first element is there, the third one need not be.
#[ws_endpoint("/checked/first")]
async fn first(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let words: Vec<_> = message.as_text().unwrap_or_default().split(',').collect();
        if let Some(first) = words.first() {
            socket.send(format!("{first} {}", words[2])).await?; //~ panics_on_input
        }
    }
    Ok(())
}

/// The length is the wrong one.
#[ws_endpoint("/checked/one")]
async fn one(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let words: Vec<_> = message.as_text().unwrap_or_default().split(' ').collect();
        if words.len() == 1 {
            socket.send(words[2]).await?; //~ panics_on_input
        }
    }
    Ok(())
}

/// Binary messages, of which the header has four bytes.
#[ws_endpoint("/checked/bytes")]
async fn bytes(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let bytes = message.as_bytes();
        if bytes.is_empty() {
            continue;
        }
        let kind = bytes[3]; //~ panics_on_input
        socket.send(kind.to_string()).await?;
    }
    Ok(())
}
