//! Errors and futures that look as if they were discarded, and are not.

use axum::{extract::State, http::StatusCode};
use sockeye::{CloseCode, Error, Handshake, ws_endpoint};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

#[derive(Clone)]
struct Db;

impl Db {
    async fn user(&self) -> Option<String> {
        None
    }

    async fn save(&self) -> Result<(), std::io::Error> {
        Ok(())
    }
}

/// The value of a block is looked at.
#[ws_endpoint("/discarded/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            let sent = async { sender.send("tick").await }.await;
            if sent.is_err() {
                break;
            }
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// `?` ends only the block, and its error is looked at.
#[ws_endpoint("/discarded/block2")]
async fn block2(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            let sent: sockeye::Result = async {
                sender.send("tick").await?;
                sender.send("tock").await?;
                Ok(())
            }
            .await;
            if sent.is_err() {
                break;
            }
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// A block that runs later.
#[ws_endpoint("/discarded/block3")]
async fn block3(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            let sent = async {
                sender.send("tick").await?;
                sender.send("tock").await
            };
            if let Err(error) = sent.await {
                tracing::info!(%error, "gone");
                break;
            }
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// The closure tells the loop.
#[ws_endpoint("/discarded/map_err")]
async fn map_err(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let stop = CancellationToken::new();
    let write = async {
        let mut ticks = interval(Duration::from_secs(1));
        while !stop.is_cancelled() {
            ticks.tick().await;
            let _ = sender.send("tick").await.map_err(|_| stop.cancel());
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// The closure sets a flag.
#[ws_endpoint("/discarded/map_err2")]
async fn map_err2(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        let mut ticks = interval(Duration::from_secs(1));
        let mut gone = false;
        while !gone {
            ticks.tick().await;
            sender.send("tick").await.unwrap_or_else(|_| gone = true);
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// Methods of futures of results.
#[ws_endpoint("/discarded/map_err3")]
async fn map_err3(handshake: Handshake) -> sockeye::Result {
    use futures_util::TryFutureExt as _;
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).inspect_err(|error| tracing::info!(%error, "gone")).await?;
        let sent = socket.send("more").map_err(|error| error.to_string()).await;
        if sent.is_err() {
            break;
        }
    }
    Ok(())
}

/// Counts, and gives up.
#[ws_endpoint("/discarded/count")]
async fn count(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        let mut failed = 0;
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            if sender.send("tick").await.is_err() {
                failed += 1;
            }
            if failed > 2 {
                break;
            }
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// Counts in shared state, which others look at.
#[ws_endpoint("/discarded/count2")]
async fn count2(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let failed = AtomicU64::new(0);
    let write = async {
        let mut ticks = interval(Duration::from_secs(1));
        while failed.load(Ordering::Relaxed) == 0 {
            ticks.tick().await;
            if sender.send("tick").await.is_err() {
                failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// Options of futures.
#[ws_endpoint("/discarded/option_map")]
async fn option_map(handshake: Handshake, State(name): State<Option<String>>) -> sockeye::Result {
    use futures_util::future::OptionFuture;
    let (sender, mut receiver) = handshake.accept().await?.split();
    let greeting = name.as_deref().map(|name| sender.send(name));
    OptionFuture::from(greeting).await.transpose()?;
    if let Some(greeting) = name.as_deref().map(|name| sender.send(name)) {
        greeting.await?;
    }
    match name.map(|name| sender.send(name)) {
        Some(sent) => sent.await?,
        None => tracing::info!("nameless"),
    }
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Errors that are handled.
#[ws_endpoint("/discarded/handled")]
async fn handled(handshake: Handshake, State(db): State<Db>) -> sockeye::Result {
    let _user = match db.user().await {
        Some(user) => Ok(user),
        None => Err(Error::status(StatusCode::NOT_FOUND, "no such user")),
    }?;
    let mut socket = handshake.accept().await?;
    let ended = loop {
        let Some(message) = socket.recv().await? else { break Ok(()) };
        if message.as_text().is_none() {
            break Err(Error::close(CloseCode::UNSUPPORTED_DATA, "text only"));
        }
        socket.send(message).await?;
    };
    ended
}

/// Errors that are handled.
#[ws_endpoint("/discarded/handled2")]
async fn handled2(handshake: Handshake, State(db): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let ended = loop {
        let Some(message) = socket.recv().await? else { break Ok(()) };
        if message.as_text().is_none() {
            break Err(Error::status(StatusCode::BAD_REQUEST, "text only"));
        }
        socket.send(message).await?;
    };
    if let Err(error) = ended {
        tracing::info!(%error, "over");
    }
    db.save().await.map_err(|_| Error::close(CloseCode::INTERNAL_ERROR, "not saved"))
}
