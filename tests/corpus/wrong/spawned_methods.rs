//! Tasks that run a method, or a function of the file, and that nothing ends.

use std::time::Duration;
use axum::extract::State;
use sockeye::{Handshake, Sender, Receiver, Socket, ws_endpoint};
use tokio::{sync::{broadcast}, time::{interval, sleep}};

struct Pusher { sender: Sender, events: broadcast::Receiver<String> }

impl Pusher {
    fn new(sender: Sender, events: broadcast::Receiver<String>) -> Self {
        Self { sender, events }
    }

    async fn run(mut self) {
        loop {
            match self.events.recv().await {
                Ok(event) => if self.sender.send(event).await.is_err() { return },
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }
}

/// Run.
#[ws_endpoint("/spawned_methods/run")]
async fn run(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pusher = Pusher { sender: sender.clone(), events: events.subscribe() };
    tokio::spawn(pusher.run()); //~ detached_task
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Run new.
#[ws_endpoint("/spawned_methods/run_new")]
async fn run_new(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    tokio::spawn(Pusher::new(sender.clone(), events.subscribe()).run()); //~ detached_task
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Run named.
#[ws_endpoint("/spawned_methods/run_named")]
async fn run_named(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pusher = Pusher::new(sender.clone(), events.subscribe());
    tokio::spawn(async move { pusher.run().await }); //~ detached_task
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Run literal.
#[ws_endpoint("/spawned_methods/run_literal")]
async fn run_literal(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    tokio::spawn(Pusher { sender: sender.clone(), events: events.subscribe() }.run()); //~ detached_task
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

async fn push(sender: Sender, mut events: broadcast::Receiver<String>) {
    while let Ok(event) = events.recv().await { //~ lagged_feed
        if sender.send(event).await.is_err() {
            return;
        }
    }
}

async fn clock(sender: Sender) -> sockeye::Result {
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        sender.send("tick").await?;
    }
}

/// Block.
#[ws_endpoint("/spawned_methods/block")]
async fn block(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (pusher, events) = (sender.clone(), events.subscribe());
    tokio::spawn(async move { push(pusher, events).await }); //~ detached_task
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Block clock.
#[ws_endpoint("/spawned_methods/block_clock")]
async fn block_clock(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let ticker = sender.clone();
    tokio::spawn(async move { //~ detached_task
        if let Err(error) = clock(ticker).await {
            tracing::info!(%error, "the clock has stopped");
        }
    });
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Named.
#[ws_endpoint("/spawned_methods/named")]
async fn named(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let task = clock(sender.clone());
    tokio::spawn(task); //~ detached_task
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Named block.
#[ws_endpoint("/spawned_methods/named_block")]
async fn named_block(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let ticker = sender.clone();
    let task = async move { clock(ticker).await };
    let _ = tokio::task::spawn(task); //~ detached_task
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Closure.
#[ws_endpoint("/spawned_methods/closure")]
async fn closure(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let tick = |sender: Sender| async move { clock(sender).await };
    tokio::spawn(tick(sender.clone())); //~ detached_task
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Boxed.
#[ws_endpoint("/spawned_methods/boxed")]
async fn boxed(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    tokio::spawn(Box::pin(clock(sender.clone()))); //~ detached_task
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

struct Ticker(Sender);

impl Ticker {
    async fn run(self) -> sockeye::Result {
        loop {
            sleep(Duration::from_secs(1)).await;
            self.0.send("tick").await?;
        }
    }

    fn start(self) {
        tokio::spawn(self.run()); //~ detached_task
    }
}

/// Tuple.
#[ws_endpoint("/spawned_methods/tuple")]
async fn tuple(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let ticker = Ticker(sender.clone());
    tokio::spawn(ticker.run()); //~ detached_task
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Tuple block.
#[ws_endpoint("/spawned_methods/tuple_block")]
async fn tuple_block(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let ticker = Ticker(sender.clone());
    tokio::spawn(async move { //~ detached_task
        let _ = ticker.run().await;
    });
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Whole socket.
#[ws_endpoint("/spawned_methods/whole")]
async fn whole(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let session = Session { socket, seen: 0 };
    tokio::spawn(session.run()); //~ detached_task
    Ok(())
}

struct Session { socket: Socket, seen: u64 }

impl Session {
    async fn run(mut self) -> sockeye::Result {
        while let Some(message) = self.socket.recv().await? {
            self.socket.send(message).await?;
        }
        Ok(())
    }
}

/// Whole block.
#[ws_endpoint("/spawned_methods/whole_block")]
async fn whole_block(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let session = Session { socket, seen: 0 };
    tokio::spawn(async move { session.run().await }); //~ detached_task
    Ok(())
}
