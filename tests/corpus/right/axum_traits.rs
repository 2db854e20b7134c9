//! Traits that give Sockeye's types the methods and names of axum's, and routes beside endpoints.

use axum::{
    Router,
    routing::{any, get},
};
use sockeye::{CloseCode, Handshake, Message, Socket, ws_endpoint};
use tokio::sync::mpsc;

trait Convenient {
    async fn send_text(&self, text: &str) -> sockeye::Result;
    async fn send_json(&self, value: &impl serde::Serialize) -> sockeye::Result;
    async fn recv_text(&mut self) -> sockeye::Result<Option<String>>;
    async fn close(&mut self) -> sockeye::Result;
}

impl Convenient for Socket {
    async fn send_text(&self, text: &str) -> sockeye::Result {
        self.send(text).await
    }

    async fn send_json(&self, value: &impl serde::Serialize) -> sockeye::Result {
        self.send(serde_json::to_string(value)?).await
    }

    async fn recv_text(&mut self) -> sockeye::Result<Option<String>> {
        let message = self.recv().await?;
        Ok(message.map(|message| message.as_text().unwrap_or_default().to_owned()))
    }

    async fn close(&mut self) -> sockeye::Result {
        self.flush().await
    }
}

/// Kinds of messages as axum names them.
#[allow(non_snake_case, non_upper_case_globals)]
trait Kinds: Sized {
    const Close: &'static str;
    fn Ping(data: &[u8]) -> Self;
}

#[allow(non_snake_case, non_upper_case_globals)]
impl Kinds for Message {
    const Close: &'static str = "close";

    fn Ping(data: &[u8]) -> Self {
        Self::binary(data.to_vec())
    }
}

/// The methods of the trait.
#[ws_endpoint("/traits/convenient")]
async fn convenient(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send_text("welcome").await?;
    while let Some(text) = socket.recv_text().await? {
        socket.send_json(&text).await?;
    }
    lent(&mut socket).await
}

/// Through a reference the `close` of the trait comes first.
async fn lent(socket: &mut Socket) -> sockeye::Result {
    socket.close().await
}

/// The names of the trait.
#[ws_endpoint("/traits/kinds")]
async fn kinds(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.as_text() == Some(Message::Close) {
            break;
        }
        socket.send(Message::Ping(message.as_bytes())).await?;
    }
    socket.close(CloseCode::NORMAL, "told to").await
}

/// Codes of its own, as constants and from numbers.
#[ws_endpoint("/traits/codes")]
async fn codes(handshake: Handshake) -> sockeye::Result {
    const KICKED: CloseCode = CloseCode::new(4001).unwrap();
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(message) = receiver.recv().await? {
        match message.len() {
            0 => return sender.close(KICKED, "empty").await,
            1 => return sender.close(const { CloseCode::new(4002).unwrap() }, "one").await,
            length => sender.send(length.to_string()).await?,
        }
    }
    Ok(())
}

/// A helper that reads a stream of its own beside the socket.
async fn forward(mut socket: Socket, mut lines: mpsc::Receiver<Result<String, String>>) -> sockeye::Result {
    while let Some(Ok(line)) = lines.recv().await {
        socket.send(line).await?;
        if socket.recv().await?.is_none() {
            return Ok(());
        }
    }
    lines.close();
    socket.close(CloseCode::NORMAL, "no more lines").await
}

/// In the helper.
#[ws_endpoint("/traits/forward")]
async fn forwards(handshake: Handshake) -> sockeye::Result {
    let (put, lines) = mpsc::channel(4);
    let socket = handshake.accept().await?;
    put.try_send(Ok("first".to_owned()))?;
    forward(socket, lines).await
}

/// A page with the name of an endpoint in a module.
async fn status() -> &'static str {
    "up"
}

/// A page whose name another function binds to an endpoint's name.
async fn page() -> &'static str {
    "page"
}

fn pages() -> Router {
    let convenient = page;
    Router::new().route("/status", get(status)).route("/page", any(convenient))
}

mod endpoints {
    use sockeye::{Handshake, ws_endpoint};

    /// The status, as it changes.
    #[ws_endpoint("/traits/status")]
    async fn status(handshake: Handshake) -> sockeye::Result {
        let mut socket = handshake.accept().await?;
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    }
}
