//! Broadcast channels whose errors are told apart, or told.

use std::time::Duration;

use axum::extract::State;
use sockeye::{CloseCode, Error, Handshake, Sender, ws_endpoint};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    time::interval,
};

type Events = State<broadcast::Sender<String>>;

/// Only the end is named: what is left is a lag.
#[ws_endpoint("/lagged/closed")]
async fn closed_is_named(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut events = events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) => socket.send(event).await?,
                Err(RecvError::Closed) => return Ok(()),
                Err(_) => continue,
            },
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// `matches!` in a guard.
#[ws_endpoint("/lagged/guard")]
async fn guarded(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut events = events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) => socket.send(event).await?,
                Err(error) if matches!(error, RecvError::Lagged(_)) => {}
                Err(_) => return Ok(()),
            },
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// The handler has a sender itself, so `Closed` cannot come.
#[ws_endpoint("/lagged/open")]
async fn stays_open(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut feed = events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            event = feed.recv() => {
                let Ok(event) = event else { continue };
                socket.send(event).await?;
            }
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                events.send(message.as_text().unwrap_or_default().to_owned())?;
            }
        }
    }
}

/// A lag is the end, and the client is told to come again.
#[ws_endpoint("/lagged/close")]
async fn closes(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut events = events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) => socket.send(event).await?,
                Err(_) => break,
            },
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
    socket.close(CloseCode::TRY_AGAIN_LATER, "too slow").await
}

/// The same by an error of its own.
#[ws_endpoint("/lagged/error")]
async fn ends_with_an_error(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut events = events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            event = events.recv() => {
                let Ok(event) = event else { return Err(Error::close(CloseCode::TRY_AGAIN_LATER, "too slow")) };
                socket.send(event).await?;
            }
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// The log knows why.
#[ws_endpoint("/lagged/logged")]
async fn logged(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut events = events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) => socket.send(event).await?,
                Err(error) => {
                    tracing::warn!(%error, "the feed has ended");
                    return Ok(());
                }
            },
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// A timer opens the branch again.
#[ws_endpoint("/lagged/timer")]
async fn timer(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut events = events.subscribe();
    let mut ticks = interval(Duration::from_secs(1));
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            Ok(event) = events.recv() => socket.send(event).await?,
            _ = ticks.tick() => socket.send("tick").await?,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// The sign to leave, not a feed.
#[ws_endpoint("/lagged/shutdown")]
async fn shutdown(handshake: Handshake, State(down): State<broadcast::Sender<()>>) -> sockeye::Result {
    let mut down = down.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            Ok(()) = down.recv() => return socket.close(CloseCode::GOING_AWAY, "the server stops").await,
            message = socket.recv() => match message? {
                Some(message) => socket.send(message).await?,
                None => return Ok(()),
            },
        }
    }
}

/// `watch` keeps the latest, and its error is the end.
#[ws_endpoint("/lagged/watch")]
async fn latest(handshake: Handshake, State(latest): State<watch::Sender<u64>>) -> sockeye::Result {
    let mut latest = latest.subscribe();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = async {
        while let Ok(()) = latest.changed().await {
            let number = *latest.borrow_and_update();
            sender.send(number.to_string()).await?;
        }
        Ok(())
    };
    let listen = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! { ended = push => ended, ended = listen => ended }
}

/// In a helper, for whoever asks for the end.
async fn pump(sender: &Sender, mut events: broadcast::Receiver<String>) -> sockeye::Result {
    loop {
        sender.send(events.recv().await?).await?;
    }
}

/// Uses it.
#[ws_endpoint("/lagged/pump")]
async fn pumped(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let listen = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! { ended = pump(&sender, events.subscribe()) => ended, ended = listen => ended }
}
