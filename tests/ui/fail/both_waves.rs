//! What rustc would report as well, in words about moves and missing methods: ours stands first, and alone.

use axum::http::StatusCode;
use sockeye::{CloseCode, Handshake, Message, ws_endpoint};

/// A value that is used after it was moved.
#[ws_endpoint("/ws/accept")]
async fn accepted_twice(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Err(handshake.reject(StatusCode::GONE, "over"))
}

/// A value that is used after it was moved.
#[ws_endpoint("/ws/close")]
async fn sent_after_close(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    socket.close(CloseCode::NORMAL, "bye").await?;
    socket.send("bye").await
}

/// A method that there is not.
#[ws_endpoint("/ws/send")]
async fn sent_before_accept(handshake: Handshake) -> sockeye::Result {
    handshake.send("welcome").await?;
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A type that cannot be matched so.
#[ws_endpoint("/ws/await")]
async fn not_awaited(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Message::Text(text)) = socket.recv()? {
        socket.send(text).await?;
    }
    Ok(())
}

/// All of it, in the order of the source.
#[ws_endpoint("/ws/all")]
async fn everything(handshake: Handshake) -> sockeye::Result {
    handshake.send("welcome");
    let mut socket = handshake.accept()?;
    let Some(message) = socket.recv()? else { return Ok(()) };
    socket.send(message);
    socket.close(CloseCode::NORMAL, "bye").await?;
    handshake.accept().await?;
    socket.flush().await
}

fn main() {}
