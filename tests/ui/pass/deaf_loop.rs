//! Loops that send, of connections that are listened to.
#![deny(warnings)]

use std::time::Duration;

use axum::extract::State;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use sockeye::{CloseCode, Handshake, Receiver, Sender, Socket, ws_endpoint};
use tokio::{sync::broadcast, time::interval};

type Events = State<broadcast::Sender<String>>;

/// Waits for both.
#[ws_endpoint("/ws/select")]
async fn select(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(_ignored) => {}
                None => return Ok(()),
            },
            event = events.recv() => socket.send(event?).await?,
        }
    }
}

/// The same with `biased`, a guard and an `else`.
#[ws_endpoint("/ws/biased")]
async fn biased(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    let mut paused = false;
    loop {
        tokio::select! {
            biased;
            Ok(Some(message)) = socket.recv() => paused = message.as_text() == Some("pause"),
            event = events.recv(), if !paused => socket.send(event?).await?,
            else => return Ok(()),
        }
    }
}

/// One half sends in a loop, the other receives in one.
#[ws_endpoint("/ws/halves")]
async fn halves(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    let push = async {
        loop {
            let event = events.recv().await?;
            sender.send(event).await?;
        }
    };
    let listen = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! {
        ended = push => ended,
        ended = listen => ended,
    }
}

/// What receives is in a function, beside the loop that sends.
#[ws_endpoint("/ws/beside")]
async fn beside(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    let mut gone = Box::pin(leaves(receiver));
    loop {
        tokio::select! {
            ended = &mut gone => return ended,
            event = events.recv() => sender.send(event?).await?,
        }
    }
}

/// What is sent is there already: the loop only sends.
#[ws_endpoint("/ws/history")]
async fn history(handshake: Handshake, State(history): State<Vec<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    for line in &history {
        socket.send(line.as_str()).await?;
    }
    socket.close(CloseCode::NORMAL, "that was all").await
}

/// Sends the history first, then listens.
#[ws_endpoint("/ws/both")]
async fn both(handshake: Handshake, State(history): State<Vec<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    for line in history {
        socket.feed(line).await?;
        tokio::task::yield_now().await;
    }
    socket.flush().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Waits for a disk on the way, and comes to an end of its own.
#[ws_endpoint("/ws/export")]
async fn export(handshake: Handshake, State(files): State<Vec<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    for file in files {
        let content = tokio::fs::read(file).await?;
        socket.send(content).await?;
    }
    socket.close(CloseCode::NORMAL, "that was all").await
}

/// The rows of a query: they end, and then the connection is closed.
#[ws_endpoint("/ws/rows")]
async fn rows(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut rows = stream::iter(["one", "two"]);
    while let Some(row) = rows.next().await {
        socket.send(row).await?;
    }
    socket.close(CloseCode::NORMAL, "that was all").await
}

/// Looks for a message each time, without waiting for one.
#[ws_endpoint("/ws/looks")]
async fn looks(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        socket.send(events.recv().await?).await?;
        if let Some(Ok(None)) = socket.recv().now_or_never() {
            return Ok(());
        }
    }
}

/// The loop that receives is in a method of the user's.
#[ws_endpoint("/ws/method")]
async fn method(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut session = Session { socket: handshake.accept().await?, events: events.subscribe() };
    session.run().await
}

/// A reference that went into a function may be where it receives.
#[ws_endpoint("/ws/helper")]
async fn helper(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        let event = events.recv().await?;
        socket.send(event).await?;
        if !acknowledged(&mut socket).await? {
            return Ok(());
        }
    }
}

/// Whoever means it says so.
#[ws_endpoint("/ws/clock", allow(deaf_loop, reason = "sends ten times a second and so sees the peer leave; clients never send"))]
async fn clock(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut ticks = interval(Duration::from_millis(100));
    let mut tenths = 0_u64;
    loop {
        ticks.tick().await;
        tenths += 1;
        socket.send(tenths.to_string()).await?;
    }
}

struct Session {
    socket: Socket,
    events: broadcast::Receiver<String>,
}

impl Session {
    async fn run(&mut self) -> sockeye::Result {
        loop {
            tokio::select! {
                message = self.socket.recv() => if message?.is_none() { return Ok(()) },
                event = self.events.recv() => self.socket.send(event?).await?,
            }
        }
    }
}

async fn leaves(mut receiver: Receiver) -> sockeye::Result {
    while receiver.recv().await?.is_some() {}
    Ok(())
}

async fn acknowledged(socket: &mut Socket) -> sockeye::Result<bool> {
    Ok(socket.recv().await?.is_some())
}

/// Takes a half; who receives is not its business.
async fn _push(sender: Sender, mut events: broadcast::Receiver<String>) -> sockeye::Result {
    loop {
        sender.send(events.recv().await?).await?;
    }
}

fn main() {}
