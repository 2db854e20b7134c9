//! The mistake is in what an endpoint does with a helper of the same file.

use sockeye::{Handshake, Message, Sender, Socket, ws_endpoint};
use tokio::sync::mpsc;

async fn reply(socket: &mut Socket, text: &str) -> sockeye::Result<()> {
    socket.send(format!("echo: {text}")).await?;
    Ok(())
}

async fn tell(sender: &Sender, text: String) {
    if let Err(error) = sender.send(text).await {
        tracing::debug!(%error, "not sent");
    }
}

fn is_allowed(handshake: &Handshake) -> bool {
    handshake.bearer_token().is_some()
}

/// Answers nothing.
#[ws_endpoint("/unanswered")]
async fn unanswered(handshake: Handshake) -> sockeye::Result<()> {
    if !is_allowed(&handshake) {
        tracing::info!("not allowed");
    }
    Ok(()) //~ never_accepted
}

/// Feeds.
#[ws_endpoint("/feed")]
async fn feed(handshake: Handshake, events: Events) -> sockeye::Result<()> {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    while let Some(event) = events.recv().await {
        reply(&mut socket, &event).await?; //~ deaf_loop
    }
    Ok(())
}

/// Says hello.
#[ws_endpoint("/hello")]
async fn hello(handshake: Handshake) -> sockeye::Result<()> {
    let mut socket = handshake.accept().await?; //~ no_receive_loop
    reply(&mut socket, "hello").await
}

/// Forgets to await.
#[ws_endpoint("/forgotten")]
async fn forgotten(handshake: Handshake) -> sockeye::Result<()> {
    let mut socket = handshake.accept().await?;
    while let Some(text) = socket.recv().await? {
        let _ = reply(&mut socket, text.as_text().unwrap_or_default()); //~ missing_await
    }
    Ok(())
}

/// Tells no one that the client is gone.
#[ws_endpoint("/told")]
async fn told(handshake: Handshake, mut events: Events) -> sockeye::Result<()> {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = async {
        while let Some(event) = events.recv().await {
            tell(&sender, event).await; //~ swallowed_error
        }
        Ok(())
    };
    let read = async {
        while receiver.recv().await?.is_some() {}
        sockeye::Result::Ok(())
    };
    tokio::try_join!(push, read)?;
    Ok(())
}
