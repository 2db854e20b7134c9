use std::time::Duration;

use axum::extract::State;
use sockeye::{Handshake, ws_endpoint};
use tokio::{sync::broadcast, time::interval};

/// A heartbeat of its own, beside a loop that listens.
#[ws_endpoint("/ws/alive")]
async fn alive(handshake: Handshake) {
    let Ok(socket) = handshake.accept().await else { return };
    let (sender, mut receiver) = socket.split();
    let push = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            _ = sender.send("alive").await;
        }
    };
    let listen = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(push, listen);
}

/// The same with `let _`.
#[ws_endpoint("/ws/clock")]
async fn clock(handshake: Handshake) {
    let Ok(socket) = handshake.accept().await else { return };
    let (sender, mut receiver) = socket.split();
    let push = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            let _ = sender.send("tick").await;
        }
    };
    let listen = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(push, listen);
}

/// The same with `.ok()`.
#[ws_endpoint("/ws/quiet")]
async fn quiet(handshake: Handshake) {
    let Ok(socket) = handshake.accept().await else { return };
    let (sender, mut receiver) = socket.split();
    let push = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            sender.send("tick").await.ok();
        }
    };
    let listen = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(push, listen);
}

/// One line in the log for each message that nobody gets.
#[ws_endpoint("/ws/logged")]
async fn logged(handshake: Handshake) {
    let Ok(socket) = handshake.accept().await else { return };
    let (sender, mut receiver) = socket.split();
    let push = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            if let Err(error) = sender.send("tick").await {
                tracing::warn!(%error, "a tick is lost");
            }
        }
    };
    let listen = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(push, listen);
}

/// An arm that does nothing.
#[ws_endpoint("/ws/arm")]
async fn arm(handshake: Handshake) {
    let Ok(socket) = handshake.accept().await else { return };
    let (sender, mut receiver) = socket.split();
    let push = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            match sender.send("tick").await {
                Ok(()) => tracing::trace!("sent"),
                Err(_) => {}
            }
        }
    };
    let listen = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(push, listen);
}

/// Looks whether it failed, and does nothing about it.
#[ws_endpoint("/ws/look")]
async fn look(handshake: Handshake) {
    let Ok(socket) = handshake.accept().await else { return };
    let (sender, mut receiver) = socket.split();
    let push = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            if sender.send("tick").await.is_err() {
                tracing::debug!("a tick is lost");
            }
        }
    };
    let listen = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(push, listen);
}

/// Nothing listens either, which is a mistake of its own.
#[ws_endpoint("/ws/events")]
async fn events(handshake: Handshake, State(events): State<broadcast::Sender<String>>) {
    let Ok(socket) = handshake.accept().await else { return };
    let mut events = events.subscribe();
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(broadcast::error::RecvError::Lagged(_)) => continue,
            Err(broadcast::error::RecvError::Closed) => break,
        };
        let _ = socket.send(event).await;
    }
}

/// A block without a type of errors, in a function with one.
#[ws_endpoint("/ws/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            let _ = sender.send("tick").await;
        }
    };
    let listen = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(push, listen);
    Ok(())
}

fn main() {}
