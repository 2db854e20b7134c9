//! Whatever a client sends is no reason to panic.

use sockeye::{Handshake, ws_endpoint};

/// Panics on JSON that is none, and on what is not in it.
#[ws_endpoint("/ws/number")]
async fn number(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap();
        let number = text.parse::<u32>().expect("a number");
        socket.send(number.to_string()).await?;
    }
    Ok(())
}

/// Panics on one word, and on a short or foreign one.
#[ws_endpoint("/ws/words")]
async fn words(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let words: Vec<&str> = text.split(' ').collect();
        socket.send(format!("{} {}", &text[..4], words[1])).await?;
    }
    Ok(())
}

fn main() {}
