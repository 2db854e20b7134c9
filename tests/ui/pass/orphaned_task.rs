//! Tasks that are ended on every path, or end by themselves.
#![deny(warnings)]

use std::time::Duration;

use sockeye::{Handshake, ws_endpoint};
use tokio::{sync::mpsc, time::sleep};

/// The handles stay with the function.
#[ws_endpoint("/ws/borrowed")]
async fn borrowed(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut push = tokio::spawn(async move {
        while sender.send("alive").await.is_ok() {
            sleep(Duration::from_secs(60)).await;
        }
    });
    let mut listen = tokio::spawn(async move { while let Ok(Some(_)) = receiver.recv().await {} });
    tokio::select! {
        _ = &mut push => listen.abort(),
        _ = &mut listen => push.abort(),
    }
    Ok(())
}

/// The writer ends with its channel, the reader with the client.
#[ws_endpoint("/ws/channel")]
async fn channel(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (outbox, mut inbox) = mpsc::channel::<String>(8);
    let write = tokio::spawn(async move {
        while let Some(text) = inbox.recv().await {
            if sender.send(text).await.is_err() {
                break;
            }
        }
    });
    let read = tokio::spawn(async move {
        while let Ok(Some(message)) = receiver.recv().await {
            if outbox.send(message.as_text().unwrap_or_default().to_owned()).await.is_err() {
                break;
            }
        }
    });
    tokio::select! {
        _ = write => {}
        _ = read => {}
    }
    Ok(())
}

/// Nothing leaves before the line that ends it.
#[ws_endpoint("/ws/ended")]
async fn ended(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = tokio::spawn(async move {
        while sender.send("alive").await.is_ok() {
            sleep(Duration::from_secs(60)).await;
        }
    });
    let outcome = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    let outcome = outcome.await;
    push.abort();
    outcome
}

fn main() {}
