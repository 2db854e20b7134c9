//! Names that hold what `recv` returns, and names that hold something else.

use serde::{Deserialize, Serialize};
use sockeye::{Handshake, Json, Message, ws_endpoint};
use tokio::sync::mpsc;

#[derive(Clone, Serialize, Deserialize)]
enum Command {
    Say(String),
    Quit,
}

impl Command {
    fn is_close(&self) -> bool {
        matches!(self, Self::Quit)
    }

    fn to_text(&self) -> Option<String> {
        match self {
            Self::Say(text) => Some(text.clone()),
            Self::Quit => None,
        }
    }
}

/// A `Result` whose `Option` is looked at later.
#[ws_endpoint("/held/later")]
async fn later(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Ok(message) = socket.recv().await {
        let Some(message) = message else { break };
        if message.as_text() == Some("bye") {
            break;
        }
        socket.send(message).await?;
    }
    Ok(())
}

/// Methods of the program's own messages.
#[ws_endpoint("/held/own")]
async fn own(handshake: Handshake<Json<Command>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.is_close() {
            break;
        }
        if message.to_text().is_some_and(|text| text.is_empty()) {
            continue;
        }
        socket.send(message).await?;
    }
    Ok(())
}

/// One name for what comes from the peer and from a channel.
#[ws_endpoint("/held/channel")]
async fn channel(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (sender, mut queue) = mpsc::channel::<Option<Command>>(8);
    loop {
        tokio::select! {
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                let said = message.as_text().map(|text| Command::Say(text.to_owned()));
                let _ = sender.try_send(said);
            }
            Some(message) = queue.recv() => match message {
                Some(message) if message.is_close() => return Ok(()),
                Some(message) => socket.send(message.to_text().unwrap_or_default()).await?,
                None => {}
            },
        }
    }
}

/// Whatever was sent last is sent again, if anything was.
#[ws_endpoint("/held/last")]
async fn last(handshake: Handshake<Json<Command, Option<Command>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let message = socket.recv().await?;
    socket.send(message).await?;
    while let Some(command) = socket.recv().await? {
        socket.send(Some(command)).await?;
    }
    Ok(())
}

/// The result of `accept` is looked at.
#[ws_endpoint("/held/accepted")]
async fn accepted(handshake: Handshake) {
    let socket = handshake.accept().await;
    match socket {
        Ok(mut socket) => while let Ok(Some(Message::Text(_))) = socket.recv().await {},
        Err(error) => tracing::debug!(%error, "the client has left"),
    }
}
