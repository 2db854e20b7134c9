use futures_util::StreamExt as _;
use sockeye::{CloseCode, Handshake, ws_endpoint};

/// A message of the user's own.
enum Message {
    Close(u8),
    Ping,
}

/// What a function of its own gives.
struct Lines(Vec<String>);

impl Lines {
    async fn recv(&mut self) -> Option<Result<String, std::num::ParseIntError>> {
        self.0.pop().map(Ok)
    }
}

/// Names that axum has, too.
#[ws_endpoint("/ws/own")]
async fn own(handshake: Handshake) -> sockeye::Result {
    let mut lines = Lines(vec!["one".to_owned()]);
    let mut socket = handshake.accept().await?;
    while let Some(Ok(line)) = lines.recv().await {
        socket.send(line).await?;
    }
    while let Some(message) = socket.recv().await? {
        let order = if message.is_empty() { Message::Close(1) } else { Message::Ping };
        match order {
            Message::Close(code) => socket.send(code.to_string()).await?,
            Message::Ping => socket.send("pong").await?,
        }
    }
    socket.close(CloseCode::NORMAL, "bye").await
}

/// A stream, as axum's socket is one.
#[ws_endpoint("/ws/stream")]
async fn stream(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Ok(sockeye::Message::Text(text))) = socket.next().await {
        socket.send(text).await?;
    }
    Ok(())
}

fn main() {}
