//! Names that axum has, too, for something else.

use std::collections::VecDeque;

use sockeye::{CloseCode, Handshake, Socket, ws_endpoint};
use tokio::sync::mpsc;

/// A message between tasks.
enum Message {
    Text(String),
    Ping,
    Close(u16),
}

/// A session has a `recv` of its own.
struct Session(Socket);

impl Session {
    fn new(socket: Socket) -> Self {
        Self(socket)
    }

    async fn recv(&mut self) -> Option<Result<String, sockeye::Error>> {
        let message = self.0.recv().await.transpose()?;
        Some(message.map(|message| message.as_text().unwrap_or_default().to_owned()))
    }
}

/// What the session gives.
#[ws_endpoint("/names/session")]
async fn session(handshake: Handshake) -> sockeye::Result {
    let mut session = Session::new(handshake.accept().await?);
    while let Some(Ok(text)) = session.recv().await {
        session.0.send(text).await?;
    }
    Ok(())
}

/// What `transpose` makes of it.
#[ws_endpoint("/names/transposed")]
async fn transposed(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Ok(message)) = socket.recv().await.transpose() {
        socket.send(message).await?;
    }
    Ok(())
}

/// A channel of results.
#[ws_endpoint("/names/channel")]
async fn channel(handshake: Handshake) -> sockeye::Result {
    let (put, mut rx) = mpsc::channel::<Result<Message, String>>(4);
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            Some(Ok(order)) = rx.recv() => match order {
                Message::Text(text) => socket.send(text).await?,
                Message::Ping => socket.send("ping").await?,
                Message::Close(code) => {
                    let code = CloseCode::new(code).unwrap_or(CloseCode::NORMAL);
                    return socket.close(code, "told to").await;
                }
            },
            message = socket.recv() => match message? {
                None => return Ok(()),
                Some(message) if message.is_empty() => _ = put.try_send(Ok(Message::Ping)),
                Some(_) => _ = put.try_send(Ok(Message::Close(1000))),
            },
        }
    }
}

/// The `Json` of axum, and a struct of that name.
struct Json(serde_json::Value);

/// Values in a wrapper.
#[ws_endpoint("/names/json")]
async fn json(handshake: Handshake) -> sockeye::Result {
    let mut queue = VecDeque::from([Json(serde_json::json!(1))]);
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        queue.push_back(Json(serde_json::json!(message.len())));
        if let Some(Json(value)) = queue.pop_front() {
            socket.send(axum::Json(value).0.to_string()).await?;
        }
    }
    Ok(())
}
