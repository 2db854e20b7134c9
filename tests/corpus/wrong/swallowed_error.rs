//! Sends whose failure nobody sees.

use std::time::Duration;

use axum::extract::State;
use sockeye::{Handshake, Socket, ws_endpoint, ws_lifecycle};
use tokio::{
    sync::broadcast,
    time::{interval, sleep},
};

/// `let _`.
#[ws_endpoint("/swallowed/underscore", allow(deaf_loop, reason = "the corpus looks at the other rule here"))]
async fn underscore(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    loop {
        sleep(Duration::from_secs(1)).await;
        let _ = socket.send("tick").await; //~ swallowed_error
    }
}

/// Both mistakes at once.
#[ws_endpoint("/swallowed/deaf")]
async fn deaf(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        let event = events.recv().await?;
        let _ = socket.send(event).await; //~ swallowed_error, deaf_loop
    }
}

/// `.ok()` in one of two futures.
#[ws_endpoint("/swallowed/ok")]
async fn ok(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let tick = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            sender.send("tick").await.ok(); //~ swallowed_error
        }
    };
    let listen = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(tick, listen);
    Ok(())
}

/// Logged, and on it goes.
#[ws_endpoint("/swallowed/logged")]
async fn logged(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    let write = async {
        while let Ok(event) = events.recv().await { //~ lagged_feed
            if let Err(error) = sender.send(event).await { //~ swallowed_error
                tracing::warn!(%error, "not sent");
            }
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// An empty arm.
#[ws_endpoint("/swallowed/arm")]
async fn arm(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    let write = async move {
        loop {
            let Ok(event) = events.recv().await else { break }; //~ lagged_feed
            match sender.send(event).await { //~ swallowed_error
                Ok(()) => tracing::trace!("sent"),
                Err(_) => {}
            }
        }
    };
    let read = async move { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// `drop`.
#[ws_endpoint("/swallowed/drop")]
async fn dropped(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        loop {
            drop(sender.send("tick").await); //~ swallowed_error
            sleep(Duration::from_secs(1)).await;
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// In a `select!` about other things.
#[ws_endpoint("/swallowed/select", allow(deaf_loop, reason = "the corpus looks at the other rule here"))]
async fn select(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut events = events.subscribe();
    let mut ticks = interval(Duration::from_secs(30));
    loop {
        tokio::select! {
            event = events.recv() => {
                let _ = socket.send(event?).await; //~ swallowed_error
            }
            _ = ticks.tick() => {
                _ = socket.send("tick").await; //~ swallowed_error
            }
        }
    }
}

/// `continue` in the arm of the error.
#[ws_endpoint("/swallowed/continue")]
async fn continues(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            let Ok(()) = sender.send("tick").await else { continue }; //~ swallowed_error
            tracing::trace!("sent");
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// Feeds quietly, flushes quietly.
#[ws_endpoint("/swallowed/feed", allow(deaf_loop, reason = "the corpus looks at the other rule here"))]
async fn feed(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut events = events.subscribe();
    while let Ok(event) = events.recv().await { //~ lagged_feed
        let _ = socket.feed(event).await; //~ swallowed_error
        let _ = socket.flush().await;
    }
    Ok(())
}

/// The loop of a task that nobody ends.
#[ws_endpoint("/swallowed/task")]
async fn task(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    tokio::spawn(async move { //~ detached_task
        loop {
            sleep(Duration::from_secs(1)).await;
            let _ = sender.send("tick").await; //~ swallowed_error
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// A helper that owns the connection.
#[ws_lifecycle]
async fn pump(socket: Socket, mut events: broadcast::Receiver<String>) {
    while let Ok(event) = events.recv().await { //~ lagged_feed
        socket.send(event).await.ok(); //~ swallowed_error, deaf_loop
    }
}

/// `unwrap_or_default` and `is_ok` are other ways to look away.
#[ws_endpoint("/swallowed/unwrap-or-default")]
async fn unwrap_or_default(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        loop {
            sleep(Duration::from_secs(1)).await;
            sender.send("one").await.unwrap_or_default(); //~ swallowed_error
            let _sent = sender.send("two").await.is_ok(); //~ swallowed_error
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}
