use axum::extract::State;
use sockeye::{CloseCode, Handshake, ws_endpoint};
use tokio::sync::broadcast;

/// Greets a client that has no connection yet.
#[ws_endpoint("/ws/greet")]
async fn greet(handshake: Handshake) -> sockeye::Result {
    handshake.send("welcome").await?;
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Takes the handshake for the socket.
#[ws_endpoint("/ws/echo")]
async fn echo(mut handshake: Handshake) -> sockeye::Result {
    while let Some(message) = handshake.recv().await? {
        handshake.send(message).await?;
    }
    Ok(())
}

/// Closes in place of a refusal.
#[ws_endpoint("/ws/full")]
async fn full(handshake: Handshake, State(full): State<bool>) -> sockeye::Result {
    if full {
        return handshake.close(CloseCode::TRY_AGAIN_LATER, "full").await;
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Splits what is no socket.
#[ws_endpoint("/ws/halves")]
async fn halves(client: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = client.split();
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Under another name.
#[ws_endpoint("/ws/renamed")]
async fn renamed(handshake: Handshake) -> sockeye::Result {
    let ws = handshake;
    if let Some(origin) = ws.origin() {
        tracing::info!(origin, "from a page");
    }
    ws.feed("one").await?;
    ws.flush().await?;
    let mut socket = ws.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// In a branch of `select!`.
#[ws_endpoint("/ws/select")]
async fn select(mut handshake: Handshake, State(feed): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut feed = feed.subscribe();
    loop {
        tokio::select! {
            message = handshake.recv() => match message? {
                Some(_) => {}
                None => return Ok(()),
            },
            event = feed.recv() => handshake.send(event?).await?,
        }
    }
}

fn main() {}
