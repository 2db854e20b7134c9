//! Loops that send and cannot see the peer leave.

use std::time::Duration;

use axum::extract::State;
use sockeye::{CloseCode, Handshake, Socket, ws_endpoint, ws_lifecycle};
use tokio::{
    sync::{broadcast, mpsc, watch},
    time::{interval, sleep},
};

/// A clock.
#[ws_endpoint("/deaf/clock")]
async fn clock(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    loop {
        socket.send("tick").await?; //~ deaf_loop
        sleep(Duration::from_secs(1)).await;
    }
}

/// A broadcast.
#[ws_endpoint("/deaf/broadcast")]
async fn feed(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut events = events.subscribe();
    while let Ok(event) = events.recv().await { //~ lagged_feed
        socket.send(event).await?; //~ deaf_loop
    }
    Ok(())
}

/// The events are awaited in the argument.
#[ws_endpoint("/deaf/argument")]
async fn argument(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        socket.send(events.recv().await?).await?; //~ deaf_loop
    }
}

/// A `select!` about everything but the socket.
#[ws_endpoint("/deaf/select")]
async fn select(handshake: Handshake, State(mut level): State<watch::Receiver<u8>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            changed = level.changed() => {
                changed?;
                let now = *level.borrow();
                socket.send(now.to_string()).await?; //~ deaf_loop
            }
            _ = ticks.tick() => {
                socket.send("tick").await?;
            }
        }
    }
}

/// The greeting is received, and nothing else.
#[ws_endpoint("/deaf/after-hello")]
async fn after_hello(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(_hello) = socket.recv().await? else { return Ok(()) };
    let mut ticks = interval(Duration::from_millis(100));
    loop {
        ticks.tick().await;
        socket.send("tick").await?; //~ deaf_loop
    }
}

/// The receiving half is dropped.
#[ws_endpoint("/deaf/half")]
async fn half(handshake: Handshake) -> sockeye::Result {
    let (sender, _receiver) = handshake.accept().await?.split();
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        sender.send("tick").await?; //~ deaf_loop
    }
}

/// The receiving half is never bound.
#[ws_endpoint("/deaf/underscore")]
async fn underscore(handshake: Handshake) -> sockeye::Result {
    let (tx, _) = handshake.accept().await?.split();
    while tx.send("tick").await.is_ok() { //~ deaf_loop
        sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

/// Leaves when the send fails, which is minutes too late.
#[ws_endpoint("/deaf/break")]
async fn breaks(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let (_tx, mut rx) = mpsc::channel::<String>(8);
    while let Some(text) = rx.recv().await {
        if socket.send(text).await.is_err() { //~ deaf_loop
            break;
        }
    }
    Ok(())
}

/// A queue of the function's own.
#[ws_endpoint("/deaf/match")]
async fn matched(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        match events.recv().await {
            Ok(event) if event.is_empty() => continue,
            Ok(event) => match socket.send(event).await { //~? deaf_loop
                Ok(()) => {}
                Err(error) => return Err(error),
            },
            Err(_) => return socket.close(CloseCode::GOING_AWAY, "no more events").await,
        }
    }
}

/// Feeds and flushes.
#[ws_endpoint("/deaf/feed")]
async fn feeds(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut ticks = interval(Duration::from_millis(50));
    loop {
        ticks.tick().await;
        for part in ["a", "b"] {
            socket.feed(part).await?; //~ deaf_loop
        }
        socket.flush().await?;
    }
}

/// In an async block.
#[ws_endpoint("/deaf/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let clock = async {
        let mut count = 0;
        loop {
            count += 1;
            sleep(Duration::from_secs(1)).await;
            socket.send(format!("{count}")).await?; //~ deaf_loop
        }
    };
    clock.await
}

/// A `while` with a condition of its own.
#[ws_endpoint("/deaf/while")]
async fn counted(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut left = 3600;
    while left > 0 {
        left -= 1;
        sleep(Duration::from_secs(1)).await;
        socket
            .send(left.to_string()) //~? deaf_loop
            .await?;
    }
    socket.close(CloseCode::NORMAL, "an hour").await
}

/// A helper that owns the socket and listens to its inbox only.
#[ws_lifecycle]
async fn pump(socket: Socket, mut inbox: mpsc::Receiver<String>) -> sockeye::Result {
    while let Some(text) = inbox.recv().await {
        socket.send(text).await?; //~ deaf_loop
    }
    Ok(())
}

/// Two nested loops, the inner one sends.
#[ws_endpoint("/deaf/nested")]
async fn nested(handshake: Handshake, State(events): State<broadcast::Sender<Vec<String>>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut events = events.subscribe();
    'events: loop {
        let Ok(lines) = events.recv().await else { break 'events }; //~ lagged_feed
        for line in lines {
            socket.send(line).await?; //~ deaf_loop
        }
    }
    Ok(())
}
