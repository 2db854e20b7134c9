//! Tasks that are ended on every path, or end by themselves.

use std::time::Duration;

use sockeye::{Handshake, ws_endpoint};
use tokio::{sync::mpsc, time::sleep};

/// The handles stay with the function.
#[ws_endpoint("/task_handles/borrowed")]
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
#[ws_endpoint("/task_handles/channel")]
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
#[ws_endpoint("/task_handles/ended")]
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

/// The loop has no exit, and every path aborts it.
#[ws_endpoint("/task-handles/no-exit")]
async fn no_exit(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let ticking = tokio::spawn(async {
        loop {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            println!("tick");
        }
    });
    let conversation = async {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    };
    let ended = conversation.await;
    ticking.abort();
    ended
}

/// The loop leaves by a `?` or a `break`, soon after the client.
#[ws_endpoint("/task-handles/exit")]
async fn with_exit(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let ticking = tokio::spawn(async move {
        loop {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            println!("tick");
            sender.send("tick").await?;
        }
        #[allow(unreachable_code, reason = "it names the type of the error")]
        Ok::<(), sockeye::Error>(())
    });
    while receiver.recv().await?.is_some() {}
    ticking.abort();
    Ok(())
}

/// Waits for the task that it has spawned.
#[ws_endpoint("/task-handles/waits")]
async fn waits(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (done, finished) = tokio::sync::oneshot::channel::<()>();
    sender.spawn(async move {
        while let Ok(Some(message)) = receiver.recv().await {
            tracing::info!(?message);
        }
        drop(done);
    });
    _ = finished.await;
    Ok(())
}
