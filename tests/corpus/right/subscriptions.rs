//! Subscriptions from methods, tuples, and structs, whose lags are no ends; and receivers of other channels.

use std::{
    future::ready,
    pin::Pin,
    task::{Context, Poll},
};

use axum::extract::State;
use futures_util::{Stream, StreamExt as _};
use sockeye::{Handshake, Sender, ws_endpoint};
use tokio::sync::{broadcast, broadcast::error::RecvError, mpsc, watch};

/// As in `tokio_stream::wrappers`, which these tests do not depend on.
struct BroadcastStream(broadcast::Receiver<String>);

impl BroadcastStream {
    fn new(events: broadcast::Receiver<String>) -> Self {
        Self(events)
    }
}

impl Stream for BroadcastStream {
    type Item = Result<String, u64>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        todo!()
    }
}

#[derive(Clone)]
struct Room {
    events: broadcast::Sender<String>,
    inbox: mpsc::Sender<String>,
    topic: watch::Sender<String>,
}

struct Membership {
    inbox: mpsc::Sender<String>,
    events: broadcast::Receiver<String>,
}

struct Queue {
    lines: mpsc::Receiver<String>,
}

impl Room {
    fn join(&self) -> (mpsc::Sender<String>, broadcast::Receiver<String>) {
        (self.inbox.clone(), self.events.subscribe())
    }

    fn enter(&self) -> Membership {
        Membership { inbox: self.inbox.clone(), events: self.events.subscribe() }
    }

    fn listen(&self) -> broadcast::Receiver<String> {
        self.events.subscribe()
    }

    /// One queue for each client.
    fn queue(&self) -> (broadcast::Sender<String>, mpsc::Receiver<String>) {
        let (_tx, rx) = mpsc::channel(8);
        (self.events.clone(), rx)
    }

    fn own(&self) -> Queue {
        let (_tx, lines) = mpsc::channel(8);
        Queue { lines }
    }

    fn topic(&self) -> watch::Receiver<String> {
        self.topic.subscribe()
    }
}

/// The two errors are told apart.
#[ws_endpoint("/right/subscriptions/tuple")]
async fn tuple(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let (tx, mut rx) = room.join();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            line = rx.recv() => match line {
                Ok(line) => socket.send(line).await?,
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => break,
            },
            message = socket.recv() => {
                let Some(message) = message? else { break };
                let _ = tx.send(message.as_text().unwrap_or_default().to_owned()).await;
            }
        }
    }
    Ok(())
}

/// The client is told.
#[ws_endpoint("/right/subscriptions/method")]
async fn method(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let mut lines = room.listen();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = async {
        while let Ok(line) = lines.recv().await {
            sender.send(line).await?;
        }
        sender.close(sockeye::CloseCode::TRY_AGAIN_LATER, "too slow").await
    };
    let reading = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! { ended = pushing => ended, ended = reading => ended }
}

/// A lag is skipped.
#[ws_endpoint("/right/subscriptions/field")]
async fn field(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let mut member = room.enter();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            line = member.events.recv() => {
                let line = match line {
                    Ok(line) => line,
                    Err(RecvError::Lagged(lost)) => format!("{lost} lines were lost"),
                    Err(RecvError::Closed) => return Ok(()),
                };
                socket.send(line).await?;
            }
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                let _ = member.inbox.send(message.as_text().unwrap_or_default().to_owned()).await;
            }
        }
    }
}

/// A queue of the client's own has no lags.
#[ws_endpoint("/right/subscriptions/queue")]
async fn queue(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let (events, mut lines) = room.queue();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            line = lines.recv() => {
                let Some(line) = line else { break };
                socket.send(line).await?;
            }
            message = socket.recv() => {
                let Some(message) = message? else { break };
                let _ = events.send(message.as_text().unwrap_or_default().to_owned());
            }
        }
    }
    Ok(())
}

/// The same in a struct.
#[ws_endpoint("/right/subscriptions/own")]
async fn own(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let Queue { mut lines } = room.own();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = async {
        while let Some(line) = lines.recv().await {
            sender.send(line).await?;
        }
        Ok(())
    };
    let reading = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! { ended = pushing => ended, ended = reading => ended }
}

/// A `watch` has no lags.
#[ws_endpoint("/right/subscriptions/topic")]
async fn topic(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let mut topic = room.topic();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = async {
        while let Ok(()) = topic.changed().await {
            let line = topic.borrow_and_update().clone();
            sender.send(line).await?;
        }
        Ok(())
    };
    let reading = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! { ended = pushing => ended, ended = reading => ended }
}

/// The helper goes on after a lag.
async fn next_line(lines: &mut broadcast::Receiver<String>) -> Option<String> {
    loop {
        match lines.recv().await {
            Ok(line) => return Some(line),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}

/// Only the end is `None`.
#[ws_endpoint("/right/subscriptions/helper")]
async fn helped(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let mut lines = room.events.subscribe();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = async {
        while let Some(line) = next_line(&mut lines).await {
            sender.send(line).await?;
        }
        Ok(())
    };
    let reading = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! { ended = pushing => ended, ended = reading => ended }
}

/// Lags are filtered out of the stream.
#[ws_endpoint("/right/subscriptions/stream")]
async fn stream(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let lines = BroadcastStream::new(room.events.subscribe()).filter_map(|line| ready(line.ok()));
    socket.forward(lines).await
}

/// Other results may end a stream.
#[ws_endpoint("/right/subscriptions/parsed")]
async fn parsed(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let lines = BroadcastStream::new(room.events.subscribe())
        .filter_map(|line| ready(line.ok()))
        .map(|line| line.parse::<u64>())
        .take_while(|number| ready(number.is_ok()))
        .filter_map(|number| ready(number.ok()))
        .map(|number| number.to_string());
    socket.forward(lines).await
}

/// `?` in a function that is awaited, whose error ends the connection with a line in the log.
async fn push_all(sender: &Sender, lines: &mut broadcast::Receiver<String>) -> anyhow::Result<()> {
    loop {
        let line = lines.recv().await?;
        sender.send(line).await?;
    }
}

/// The error is returned.
#[ws_endpoint("/right/subscriptions/returned")]
async fn returned(handshake: Handshake, State(room): State<Room>) -> anyhow::Result<()> {
    let mut lines = room.events.subscribe();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let reading = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! { ended = push_all(&sender, &mut lines) => ended, ended = reading => ended }
}

/// `select!` gives the result, a `match` tells the errors apart.
#[ws_endpoint("/right/subscriptions/given")]
async fn given(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let mut lines = room.events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        let line = tokio::select! {
            line = lines.recv() => line,
            message = socket.recv() => match message? {
                Some(_) => continue,
                None => break,
            },
        };
        match line {
            Ok(line) => socket.send(line).await?,
            Err(RecvError::Lagged(lost)) => tracing::debug!(lost),
            Err(RecvError::Closed) => break,
        }
    }
    Ok(())
}
