//! Close codes as other libraries write them.

use sockeye::{CloseCode, Error, Handshake, ws_endpoint};

/// As the argument of `Error::close`.
#[ws_endpoint("/ws/error")]
async fn error(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        match message.len() {
            0 => return Err(Error::close(1003, "text only")),
            1 => return Err(Error::close(CloseCode(4001), "one")),
            2 => return Err(Error::close(CloseCode::new(4002), "two")),
            3 => return Err(Error::close(CloseCode::Library(4003), "three")),
            _ => socket.send(message).await?,
        }
    }
    Ok(())
}

/// Constants that do not exist, one of them in a name.
#[ws_endpoint("/ws/constants")]
async fn constants(handshake: Handshake) -> sockeye::Result {
    let kicked = CloseCode::KICKED;
    let mut socket = handshake.accept().await?;
    match socket.recv().await? {
        Some(message) if message.is_empty() => socket.close(CloseCode::PolicyViolation, "empty").await,
        Some(message) => socket.close(sockeye::CloseCode::AWAY, message.as_text().unwrap_or("bytes")).await,
        None => socket.close(kicked, "gone").await,
    }
}

fn main() {}
