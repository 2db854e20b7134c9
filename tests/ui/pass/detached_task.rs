//! Tasks that somebody waits for, or that hold nothing of the connection.
#![deny(warnings)]

use std::time::Duration;

use axum::extract::State;
use sockeye::{Handshake, ws_endpoint};
use tokio::{
    sync::{broadcast, mpsc, oneshot},
    task::JoinSet,
    time::interval,
};

type Events = State<broadcast::Sender<String>>;

/// The handler waits for its task.
#[ws_endpoint("/ws/awaited")]
async fn awaited(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let echo = tokio::spawn(async move {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    });
    echo.await?
}

/// The handler ends its task.
#[ws_endpoint("/ws/aborted")]
async fn aborted(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    let push = tokio::spawn(async move {
        loop {
            let event = match events.recv().await {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            };
            if sender.send(event).await.is_err() {
                break;
            }
        }
    });
    let ended = loop {
        match receiver.recv().await {
            Ok(Some(_)) => {}
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    push.abort();
    ended
}

/// Waits for the first of two tasks.
#[ws_endpoint("/ws/select")]
async fn select(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    let mut push = tokio::spawn(async move {
        loop {
            let event = match events.recv().await {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            };
            sender.send(event).await?;
        }
        Ok(())
    });
    let mut listen = tokio::spawn(async move {
        while receiver.recv().await?.is_some() {}
        Ok(())
    });
    let ended = tokio::select! {
        ended = &mut push => ended?,
        ended = &mut listen => ended?,
    };
    push.abort();
    listen.abort();
    ended
}

/// A set ends its tasks when it is dropped.
#[ws_endpoint("/ws/set")]
async fn set(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            let event = match events.recv().await {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            };
            if sender.send(event).await.is_err() {
                break;
            }
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// The connection's own way to run a task.
#[ws_endpoint("/ws/own")]
async fn own(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.spawn(async {
        let mut ticks = interval(Duration::from_secs(60));
        loop {
            ticks.tick().await;
            tracing::debug!("still connected");
        }
    });
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The task has nothing of the connection.
#[ws_endpoint("/ws/nothing")]
async fn nothing(handshake: Handshake) -> sockeye::Result {
    let peer = handshake.peer();
    let mut socket = handshake.accept().await?;
    tokio::spawn(async move { tracing::info!(?peer, "an audit line that may outlive the connection") });
    while let Some(message) = socket.recv().await? {
        tokio::spawn(async move { tracing::info!(?message) });
    }
    Ok(())
}

/// A channel of this function ends the task: it is dropped with the handler.
#[ws_endpoint("/ws/channel")]
async fn channel(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (give, mut take) = mpsc::channel::<String>(8);
    tokio::spawn(async move {
        while let Some(line) = take.recv().await {
            if sender.send(line).await.is_err() {
                break;
            }
        }
    });
    while let Some(message) = receiver.recv().await? {
        give.send(format!("{message:?}")).await?;
    }
    Ok(())
}

/// So does a signal.
#[ws_endpoint("/ws/signal")]
async fn signal(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    let (left, mut leaves) = oneshot::channel::<()>();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = &mut leaves => return,
                event = events.recv() => match event {
                    Ok(event) => if sender.send(event).await.is_err() { return },
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return,
                },
            }
        }
    });
    while receiver.recv().await?.is_some() {}
    drop(left);
    Ok(())
}

/// Somebody keeps the handle.
#[ws_endpoint("/ws/kept")]
async fn kept(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let other = sender.clone();
    let mut events = events.subscribe();
    let _ended_with_this = AbortOnDrop(tokio::spawn(async move {
        loop {
            let event = match events.recv().await {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            };
            if sender.send(event).await.is_err() {
                break;
            }
        }
    }));
    let mut tasks = Vec::new();
    tasks.push(tokio::spawn(async move { other.send("welcome").await }));
    while receiver.recv().await?.is_some() {}
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// A token ends it.
#[ws_endpoint("/ws/token")]
async fn token(handshake: Handshake, State(token): State<Token>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let _guard = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = token.cancelled() => {}
            sent = sender.send("welcome") => tracing::debug!(?sent),
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// Whoever knows better says so.
#[ws_endpoint("/ws/session", allow(detached_task, reason = "the session's own timeout drops the sender within a minute"))]
async fn session(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    tokio::spawn(async move {
        while let Ok(Ok(event)) = tokio::time::timeout(Duration::from_secs(60), events.recv()).await {
            if sender.send(event).await.is_err() {
                break;
            }
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[derive(Clone)]
struct Token;

impl Token {
    async fn cancelled(&self) {}
}

fn main() {}
