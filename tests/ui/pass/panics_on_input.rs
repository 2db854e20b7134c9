//! The good block of the page.
#![deny(warnings)]

use sockeye::{Handshake, ws_endpoint};

/// Adds one to each number.
#[ws_endpoint("/ws/next")]
async fn next(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let (Ok(number), Some(first)) = (text.parse::<u64>(), text.get(..1)) else {
            socket.send("a number, please").await?;
            continue;
        };
        socket.send(format!("{number} {first}")).await?;
    }
    Ok(())
}

fn main() {}
