//! Combinators that unwrap what cannot fail, or handle what can.

use std::time::Duration;

use axum::extract::ws::{Message as AxumMessage, WebSocket};
use futures_util::{FutureExt as _, StreamExt as _, TryFutureExt as _, future::ready};
use sockeye::{Handshake, Sender, ws_endpoint};
use tokio::time::timeout;

/// A default in place of an error.
#[ws_endpoint("/unwrapped/default")]
async fn default(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(message) =
        receiver.recv().await?.map(|message| message.as_text().unwrap_or_default().to_owned())
    {
        sender.send(message).unwrap_or_else(|error| tracing::info!(%error, "gone")).await;
        if sender.send("more").map(|sent| sent.is_err()).await {
            break;
        }
    }
    Ok(())
}

/// What is parsed is not the connection.
#[ws_endpoint("/unwrapped/parsed")]
async fn parsed(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let names = ["1", "2"].map(|name| name.parse::<u32>().unwrap());
    sender.send(names.map(|name| name.to_string()).join(",")).await?;
    while let Some(message) = receiver.recv().await? {
        let sent = timeout(Duration::from_secs(1), sender.send(message)).await;
        let Ok(Ok(())) = sent.map(|sent| sent.map_err(|error| error.to_string())) else { break };
    }
    Ok(())
}

async fn only_good(socket: WebSocket) {
    let (_sink, stream) = socket.split();
    let mut good = stream.take_while(|message| ready(message.is_ok())).map(Result::unwrap);
    while let Some(message) = good.next().await {
        if matches!(message, AxumMessage::Close(_)) {
            break;
        }
    }
}

async fn texts(socket: WebSocket) {
    let (_sink, stream) = socket.split();
    let mut texts =
        stream.map(|message| if message.is_ok() { message.unwrap().into_text().ok() } else { None });
    while let Some(Some(text)) = texts.next().await {
        tracing::info!(%text, "said");
    }
}

struct Client<S> {
    half: S,
    name: String,
}

impl Client<Sender> {
    async fn tell(&self, text: &str) -> sockeye::Result {
        self.half.send(format!("{}: {text}", self.name)).await
    }
}

struct Counted<T> {
    sender: Sender,
    counts: T,
}

impl<T: Iterator<Item = u32>> Counted<T> {
    async fn next(&mut self) -> sockeye::Result {
        let next = self.counts.next().unwrap();
        self.sender.send(next.to_string()).await
    }
}

/// Generic structs.
#[ws_endpoint("/unwrapped/generic")]
async fn generic(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let client = Client { half: sender.clone(), name: "me".to_owned() };
    let mut counted = Counted { sender: sender.clone(), counts: 0.. };
    while let Some(message) = receiver.recv().await? {
        client.tell(message.as_text().unwrap_or_default()).await?;
        client.half.send("more").await?;
        counted.next().await?;
    }
    Ok(())
}
