//! Errors that are discarded, or made in the wrong state, in other words than usual.

use std::{sync::atomic::Ordering, time::Duration};

use axum::{extract::State, http::StatusCode};
use sockeye::{CloseCode, Error, Handshake, Socket, ws_endpoint};
use tokio::{sync::broadcast, time::interval};

/// `map_err` at the end.
#[ws_endpoint("/discarded/tail")]
async fn tail(handshake: Handshake, State(db): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    db.save().await.map_err(|_| Error::status(StatusCode::SERVICE_UNAVAILABLE, "not saved")) //~ accepted_twice
}

/// An arm at the end.
#[ws_endpoint("/discarded/tail_match")]
async fn tail_match(handshake: Handshake, State(db): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    match db.save().await {
        Ok(()) => Ok(()),
        Err(_) => Err(Error::status(StatusCode::INTERNAL_SERVER_ERROR, "not saved")), //~ accepted_twice
    }
}

/// `or_else` at the end.
#[ws_endpoint("/discarded/tail_or")]
async fn tail_or(handshake: Handshake, State(db): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    db.save().await.or_else(|_| Err(Error::status(StatusCode::INTERNAL_SERVER_ERROR, "not saved"))) //~ accepted_twice
}

/// `break` with an error that is returned by its name.
#[ws_endpoint("/discarded/break_err")]
async fn break_err(handshake: Handshake, State(db): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let ended = loop {
        let Some(message) = socket.recv().await? else { break Ok(()) };
        if message.as_text().is_none() {
            break Err(Error::status(StatusCode::BAD_REQUEST, "text only")); //~ accepted_twice
        }
        socket.send(message).await?;
    };
    ended
}

/// `break` with an error.
#[ws_endpoint("/discarded/break_err_tail")]
async fn break_err_tail(handshake: Handshake, State(db): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let Some(message) = socket.recv().await? else { break Ok(()) };
        if message.as_text().is_none() {
            break Err(Error::status(StatusCode::BAD_REQUEST, "text only")); //~ accepted_twice
        }
        socket.send(message).await?;
    }
}

/// A branch at the end.
#[ws_endpoint("/discarded/early_tail")]
async fn early_tail(handshake: Handshake, State(db): State<Db>) -> sockeye::Result {
    if db.full().await {
        Err(Error::close(CloseCode::POLICY_VIOLATION, "full")) //~ io_before_accept
    } else {
        let mut socket = handshake.accept().await?;
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    }
}

/// An arm before `?`.
#[ws_endpoint("/discarded/early_let")]
async fn early_let(handshake: Handshake, State(db): State<Db>) -> sockeye::Result {
    let user = match db.user().await {
        Some(user) => Ok(user),
        None => Err(Error::close(CloseCode::POLICY_VIOLATION, "no user")), //~ io_before_accept
    }?;
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

async fn greet(socket: &mut Socket) -> sockeye::Result {
    socket.send("hello").await
}

/// A helper's future is dropped.
#[ws_endpoint("/discarded/drop")]
async fn drop_helper(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    drop(greet(&mut socket)); //~ missing_await
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The same with `let _`.
#[ws_endpoint("/discarded/let")]
async fn let_helper(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let _ = greet(&mut socket); //~ missing_await
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The result of a block.
#[ws_endpoint("/discarded/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            let _ = async { sender.send("tick").await }.await; //~ swallowed_error
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// `?` in a block whose result is discarded.
#[ws_endpoint("/discarded/block2")]
async fn block2(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            let _: sockeye::Result = async {
                sender.send("tick").await?; //~ swallowed_error
                sender.send("tock").await?; //~ swallowed_error
                Ok(())
            }.await;
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// The result after `map_err`.
#[ws_endpoint("/discarded/map_err")]
async fn map_err(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            let _ = sender.send("tick").await.map_err(|error| tracing::warn!(%error, "gone")); //~ swallowed_error
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// The future after `map_err`.
#[ws_endpoint("/discarded/map_err_future")]
async fn map_err_future(handshake: Handshake) -> sockeye::Result {
    use futures_util::TryFutureExt as _;
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let _ = socket.send(message).map_err(|error| tracing::warn!(%error, "gone")); //~ missing_await
    }
    Ok(())
}

/// The future after `inspect_err`.
#[ws_endpoint("/discarded/map_err_drop")]
async fn map_err_drop(handshake: Handshake) -> sockeye::Result {
    use futures_util::TryFutureExt as _;
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        drop(socket.send(message).inspect_err(|error| tracing::warn!(%error, "gone"))); //~ missing_await
    }
    Ok(())
}

/// `map` of an option.
#[ws_endpoint("/discarded/option_map")]
async fn option_map(handshake: Handshake, State(name): State<Option<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    name.map(|name| socket.send(name)); //~ missing_await
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The same with `let _`.
#[ws_endpoint("/discarded/option_map_let")]
async fn option_map_let(handshake: Handshake, State(name): State<Option<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let _ = name.as_deref().map(|name| socket.send(name)); //~ missing_await
    while let Some(message) = socket.recv().await? {
        let _ = message.as_text().map(|text| socket.send(text)); //~ missing_await
    }
    Ok(())
}

/// Counted, and on it goes.
#[ws_endpoint("/discarded/count")]
async fn count(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        let mut failed = 0;
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            if sender.send("tick").await.is_err() { //~ swallowed_error
                failed += 1;
            }
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// The same in a metric.
#[ws_endpoint("/discarded/metric")]
async fn metric(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            match sender.send("tick").await { //~ swallowed_error
                Ok(()) => SENT.fetch_add(1, Ordering::Relaxed),
                Err(_) => LOST.fetch_add(1, Ordering::Relaxed),
            };
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

struct Session { socket: Socket, seen: u64 }

impl Session {
    async fn tell(&mut self, text: String) -> sockeye::Result {
        self.seen += 1;
        self.socket.send(text).await
    }

    async fn tick(&mut self) {
        let _ = self.tell("tick".to_owned()).await;
    }

    async fn run(&mut self, mut events: broadcast::Receiver<String>) -> sockeye::Result {
        loop {
            let Ok(event) = events.recv().await else { return Ok(()) }; //~ lagged_feed
            let _ = self.tell(event).await; //~ swallowed_error
        }
    }
}

/// In methods.
#[ws_endpoint("/discarded/session")]
async fn session(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut session = Session { socket, seen: 0 };
    session.run(events.subscribe()).await //~ deaf_loop
}
