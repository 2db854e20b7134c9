//! What resembles the mistakes of `wrong/variants.rs`.

use axum::{extract::State, http::StatusCode};
use sockeye::{CloseCode, Error, Handshake, Receiver, Sender, Socket, ws_endpoint};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{
    sync::broadcast,
    task::JoinHandle,
    time::{interval, sleep, timeout},
};

struct Db {
    path: String,
}
impl Db {
    fn get(&self) -> String {
        std::thread::sleep(Duration::from_secs(1));
        String::new()
    }
    async fn user(&self) -> Result<String, std::io::Error> {
        Ok(String::new())
    }
}
static DB: OnceLock<Db> = OnceLock::new();

/// A status before, a close after.
#[ws_endpoint("/right_variants/states")]
async fn states(handshake: Handshake) -> sockeye::Result {
    let Some(db) = DB.get() else {
        return Err(Error::status(StatusCode::SERVICE_UNAVAILABLE, "not ready"));
    };
    let user = db.user().await.map_err(|_| Error::status(StatusCode::NOT_FOUND, "who"))?;
    let mut socket = handshake.accept().await?;
    socket.send(user).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    db.user().await.map(drop).map_err(|_| Error::close(CloseCode::INTERNAL_ERROR, "not saved"))
}

/// Refused in a loop.
#[ws_endpoint("/right_variants/refused")]
async fn refused(handshake: Handshake, State(db): State<Arc<Db>>) -> sockeye::Result {
    let mut tries = 0;
    let user = loop {
        match db.user().await {
            Ok(user) => break Ok(user),
            Err(_) if tries < 3 => tries += 1,
            Err(_) => break Err(Error::status(StatusCode::SERVICE_UNAVAILABLE, "later")),
        }
    }?;
    let mut socket = handshake.accept().await?;
    socket.send(user).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

struct Guard(JoinHandle<()>);
impl Drop for Guard {
    fn drop(&mut self) {
        self.0.abort();
    }
}

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

/// A guard aborts it.
#[ws_endpoint("/right_variants/guard")]
async fn guard(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pusher = Pusher::new(sender.clone(), events.subscribe());
    let _guard = Guard(tokio::spawn(pusher.run()));
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Waits for both.
#[ws_endpoint("/right_variants/both")]
async fn both(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pusher = Pusher::new(sender.clone(), events.subscribe());
    let mut pushing = tokio::spawn(async move { pusher.run().await });
    tokio::select! {
        _ = &mut pushing => {}
        ended = async { while let Some(message) = receiver.recv().await? { sender.send(message).await?; } Ok::<_, Error>(()) } => {
            pushing.abort();
            ended?;
        }
    }
    Ok(())
}

/// Counts failures of another kind, and stops.
#[ws_endpoint("/right_variants/count")]
async fn count(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        let mut ticks = interval(Duration::from_secs(1));
        let mut missed = 0;
        while missed < 3 {
            ticks.tick().await;
            match timeout(Duration::from_secs(1), sender.send("tick")).await {
                Ok(Ok(())) => missed = 0,
                _ => missed += 1,
            }
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// One select asks, and the rest is handed on.
#[ws_endpoint("/right_variants/ask")]
async fn ask(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    tokio::select! {
        first = socket.recv() => match first? {
            Some(first) => socket.send(first).await?,
            None => return Ok(()),
        },
        () = sleep(Duration::from_secs(5)) => {}
    }
    talk(socket).await
}

async fn talk(mut socket: Socket) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Futures in options that run.
#[ws_endpoint("/right_variants/options")]
async fn options(handshake: Handshake, State(names): State<Vec<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    for sent in names.iter().map(|name| sender.send(name.as_str())) {
        sent.await?;
    }
    futures_util::future::try_join_all(names.iter().map(|name| sender.send(name.as_str()))).await?;
    let last = names.last().map(|name| sender.send(name.as_str()));
    if let Some(last) = last {
        last.await?;
    }
    while let Some(message) = receiver.recv().await? {
        let answer = message.as_text().map(|text| sender.send(text));
        match answer {
            Some(answer) => answer.await?,
            None => break,
        }
    }
    Ok(())
}
