//! Tasks that run a method or a function of the file, and that something ends.

use std::time::Duration;

use axum::extract::State;
use sockeye::{Handshake, Sender, Socket, ws_endpoint};
use tokio::{
    sync::{broadcast, mpsc, watch},
    task::JoinSet,
    time::{interval, sleep},
};

struct Pusher {
    sender: Sender,
    events: broadcast::Receiver<String>,
}

impl Pusher {
    fn new(sender: Sender, events: broadcast::Receiver<String>) -> Self {
        Self { sender, events }
    }

    async fn run(mut self) {
        loop {
            match self.events.recv().await {
                Ok(event) => {
                    if self.sender.send(event).await.is_err() {
                        return;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }
}

/// Aborted at the end.
#[ws_endpoint("/s/aborted")]
async fn aborted(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let task = tokio::spawn(Pusher::new(sender.clone(), events.subscribe()).run());
    let heard = async {
        while let Some(message) = receiver.recv().await? {
            sender.send(message).await?;
        }
        Ok(())
    }
    .await;
    task.abort();
    heard
}

/// In a set, which ends with the handler.
#[ws_endpoint("/s/set")]
async fn set(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pusher = Pusher::new(sender.clone(), events.subscribe());
    let mut tasks = JoinSet::new();
    tasks.spawn(pusher.run());
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// With the connection.
#[ws_endpoint("/s/tied")]
async fn tied(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pusher = Pusher { sender: sender.clone(), events: events.subscribe() };
    sender.spawn(async move {
        pusher.run().await;
    });
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

struct Writer {
    sender: Sender,
    lines: mpsc::Receiver<String>,
}

impl Writer {
    async fn run(mut self) -> sockeye::Result {
        while let Some(line) = self.lines.recv().await {
            self.sender.send(line).await?;
        }
        Ok(())
    }
}

/// Its channel ends with the handler.
#[ws_endpoint("/s/channel")]
async fn channel(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (lines, rest) = mpsc::channel(8);
    let writer = Writer { sender, lines: rest };
    tokio::spawn(writer.run());
    while let Some(message) = receiver.recv().await? {
        let text = message.as_text().unwrap_or_default().to_owned();
        if lines.send(text).await.is_err() {
            break;
        }
    }
    Ok(())
}

struct Clock {
    sender: Sender,
    stop: watch::Receiver<bool>,
}

impl Clock {
    async fn run(mut self) -> sockeye::Result {
        loop {
            tokio::select! {
                () = sleep(Duration::from_secs(1)) => self.sender.send("tick").await?,
                _ = self.stop.changed() => return Ok(()),
            }
        }
    }

    async fn ring(self) -> sockeye::Result {
        while !*self.stop.borrow() {
            sleep(Duration::from_secs(1)).await;
            self.sender.send("tick").await?;
        }
        Ok(())
    }
}

/// The sender of its channel ends with the handler.
#[ws_endpoint("/s/stopped")]
async fn stopped(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (_stop, stopped) = watch::channel(false);
    let clock = Clock { sender: sender.clone(), stop: stopped };
    tokio::spawn(clock.run());
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// A flag that the handler sets.
#[ws_endpoint("/s/flag")]
async fn flag(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (stop, stopped) = watch::channel(false);
    let clock = Clock { sender: sender.clone(), stop: stopped };
    let task = clock.ring();
    tokio::spawn(task);
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    stop.send_replace(true);
    Ok(())
}

async fn clock(sender: Sender) -> sockeye::Result {
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        sender.send("tick").await?;
    }
}

/// Polled beside the loop.
#[ws_endpoint("/s/beside")]
async fn beside(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let task = clock(sender.clone());
    let listen = async {
        while let Some(message) = receiver.recv().await? {
            sender.send(message).await?;
        }
        Ok(())
    };
    tokio::select! {
        ended = task => ended,
        ended = listen => ended,
    }
}

/// Waited for.
#[ws_endpoint("/s/handle")]
async fn handle(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let task = clock(sender.clone());
    let mut task = tokio::spawn(task);
    loop {
        tokio::select! {
            _ = &mut task => return Ok(()),
            message = receiver.recv() => match message? {
                Some(message) => sender.send(message).await?,
                None => break,
            },
        }
    }
    task.abort();
    Ok(())
}

struct Session {
    socket: Socket,
    seen: u64,
}

impl Session {
    async fn run(mut self) -> sockeye::Result {
        while let Some(message) = self.socket.recv().await? {
            self.seen += 1;
            self.socket.send(message).await?;
        }
        Ok(())
    }
}

/// The task is the handler, which waits for it.
#[ws_endpoint("/s/session")]
async fn session(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let session = Session { socket, seen: 0 };
    match tokio::spawn(session.run()).await {
        Ok(ended) => ended,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
