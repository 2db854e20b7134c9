//! Checks of a length that show more, or that show it in another form.

use sockeye::{Handshake, ws_endpoint};

/// Empty lines first, short ones later.
#[ws_endpoint("/lengths/twice")]
async fn twice(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let words: Vec<_> = message.as_text().unwrap_or_default().split_whitespace().collect();
        if words.is_empty() {
            continue;
        }
        if words.len() < 3 {
            socket.send("three words, please").await?;
            continue;
        }
        socket.send(format!("{} {} {}", words[0], words[1], words[2])).await?;
    }
    Ok(())
}

/// A length that is computed.
#[ws_endpoint("/lengths/computed")]
async fn computed(handshake: Handshake) -> sockeye::Result {
    const HEADER: usize = 4;
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let bytes = message.as_bytes();
        if bytes.is_empty() || bytes.len() < HEADER {
            continue;
        }
        let words: Vec<_> = message.as_text().unwrap_or_default().split(' ').collect();
        if words.len().saturating_sub(2) > 0 && words.len() - 1 > 1 {
            socket.send(words[2]).await?;
        }
        socket.send(bytes[3].to_string()).await?;
    }
    Ok(())
}

/// By number of words.
#[ws_endpoint("/lengths/arms")]
async fn arms(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let words: Vec<_> = message.as_text().unwrap_or_default().split(' ').collect();
        let answer = match words.len() {
            2 => words[1],
            3 => words[2],
            _ if words.first() == Some(&"help") => "name value",
            _ => "",
        };
        socket.send(answer).await?;
    }
    Ok(())
}

/// The element is asked for.
#[ws_endpoint("/lengths/asked")]
async fn asked(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let words: Vec<_> = message.as_text().unwrap_or_default().split(' ').collect();
        if words.is_empty() || words.get(2).is_none() {
            continue;
        }
        if 4 > words.len() {
            socket.send(words[2]).await?;
        } else {
            socket.send(words[3]).await?;
        }
    }
    Ok(())
}
