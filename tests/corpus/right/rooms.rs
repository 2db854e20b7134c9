//! Many connections: broadcast, rooms, actors, registries.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use axum::{
    Extension,
    extract::{Path, State},
};
use futures_util::future::join_all;
use sockeye::{CloseCode, Error, Handshake, Message, Sender, Socket, ws_endpoint};
use tokio::sync::{
    Mutex as AsyncMutex,
    broadcast::{self, error::RecvError},
    mpsc, oneshot, watch,
};

/// Everyone hears everyone.
#[ws_endpoint("/rooms/chat")]
async fn chat(handshake: Handshake, State(room): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut heard = room.subscribe();
    let _ = room.send("somebody came".to_owned());
    loop {
        tokio::select! {
            message = socket.recv() => {
                let Some(message) = message? else { break };
                let _ = room.send(message.as_text().unwrap_or("?").to_owned());
            }
            said = heard.recv() => socket.send(said?).await?,
        }
    }
    room.send("somebody left".to_owned()).ok();
    Ok(())
}

/// A slow listener is told how much it missed; a closed room ends it.
#[ws_endpoint("/rooms/lagged")]
async fn lagged(handshake: Handshake, State(room): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut heard = room.subscribe();
    loop {
        tokio::select! {
            received = socket.recv() => match received? {
                Some(_) => continue,
                None => return Ok(()),
            },
            said = heard.recv() => match said {
                Ok(text) => socket.send(text).await?,
                Err(RecvError::Lagged(missed)) => socket.send(format!("{missed} missed")).await?,
                Err(RecvError::Closed) => return socket.close(CloseCode::GOING_AWAY, "closed").await,
            },
        }
    }
}

type Members = Arc<RwLock<HashMap<u64, mpsc::Sender<Message>>>>;

/// A registry of outboxes; a guard takes the member out, however the handler ends.
#[ws_endpoint("/rooms/registry")]
async fn registry(handshake: Handshake, Extension(members): Extension<Members>) -> sockeye::Result {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut socket = handshake.accept().await?;
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let (outbox, mut inbox) = mpsc::channel(64);
    members.write().unwrap().insert(id, outbox);
    let _leave = scopeguard::guard((), |()| {
        members.write().unwrap().remove(&id);
    });
    loop {
        tokio::select! {
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                let others: Vec<_> = members.read().unwrap().values().cloned().collect();
                for other in others {
                    let _ = other.try_send(message.clone());
                }
            }
            Some(message) = inbox.recv() => socket.send(message).await?,
        }
    }
}

/// Senders of the sockets themselves in a shared map.
#[ws_endpoint("/rooms/senders/{room}")]
async fn senders(
    handshake: Handshake,
    Path(room): Path<String>,
    State(rooms): State<Arc<AsyncMutex<HashMap<String, Vec<Sender>>>>>,
) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    rooms.lock().await.entry(room.clone()).or_default().push(sender);
    while let Some(message) = receiver.recv().await? {
        let members = rooms.lock().await.get(&room).cloned().unwrap_or_default();
        join_all(members.iter().map(|member| member.send(message.clone()))).await;
    }
    Ok(())
}

/// Commands to an actor, each with a way to answer.
enum Command {
    Get { key: String, answer: oneshot::Sender<Option<String>> },
    Set { key: String, value: String },
}

/// A client of the actor.
#[ws_endpoint("/rooms/actor")]
async fn actor_client(handshake: Handshake, State(actor): State<mpsc::Sender<Command>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(text) = message.as_text() else { continue };
        match text.split_once('=') {
            Some((key, value)) => {
                actor.send(Command::Set { key: key.to_owned(), value: value.to_owned() }).await?;
            }
            None => {
                let (answer, answered) = oneshot::channel();
                actor.send(Command::Get { key: text.to_owned(), answer }).await?;
                match answered.await? {
                    Some(value) => socket.send(value).await?,
                    None => socket.send("there is none").await?,
                }
            }
        }
    }
    Ok(())
}

/// The actor itself has nothing of a socket.
async fn actor(mut commands: mpsc::Receiver<Command>) {
    let mut values = HashMap::new();
    while let Some(command) = commands.recv().await {
        match command {
            Command::Get { key, answer } => {
                let _ = answer.send(values.get(&key).cloned());
            }
            Command::Set { key, value } => _ = values.insert(key, value),
        }
    }
}

/// The connection is an actor: a struct with a loop.
struct Connection {
    socket: Socket,
    inbox: mpsc::Receiver<String>,
    seen: usize,
}

impl Connection {
    async fn run(&mut self) -> sockeye::Result {
        loop {
            tokio::select! {
                message = self.socket.recv() => match message? {
                    Some(message) => self.on_message(message).await?,
                    None => return Ok(()),
                },
                Some(text) = self.inbox.recv() => self.socket.send(text).await?,
            }
        }
    }

    async fn on_message(&mut self, message: Message) -> sockeye::Result {
        self.seen += message.len();
        self.socket.send(self.seen.to_string()).await
    }

    async fn finish(self) -> sockeye::Result {
        let Self { socket, seen, .. } = self;
        socket.send(format!("{seen} bytes in all")).await?;
        socket.close(CloseCode::NORMAL, "").await
    }
}

/// Makes the actor and runs it.
#[ws_endpoint("/rooms/connection")]
async fn connection(handshake: Handshake) -> sockeye::Result {
    let (_outbox, inbox) = mpsc::channel(8);
    let mut connection = Connection { socket: handshake.accept().await?, inbox, seen: 0 };
    connection.run().await?;
    connection.finish().await
}

/// Counts who is there, and refuses too many.
#[ws_endpoint("/rooms/limited")]
async fn limited(handshake: Handshake, State(present): State<Arc<AtomicUsize>>) -> sockeye::Result {
    struct Seat(Arc<AtomicUsize>);
    impl Drop for Seat {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
    let seat = Seat(present);
    if seat.0.fetch_add(1, Ordering::Relaxed) >= 100 {
        return Err(handshake.reject(axum::http::StatusCode::SERVICE_UNAVAILABLE, "full"));
    }
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    drop(seat);
    Ok(())
}

/// Only the latest value counts.
#[ws_endpoint("/rooms/latest")]
async fn latest(handshake: Handshake, State(mut value): State<watch::Receiver<u64>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let first = *value.borrow();
    socket.send(first.to_string()).await?;
    loop {
        tokio::select! {
            changed = value.changed() => {
                if changed.is_err() {
                    return socket.close(CloseCode::GOING_AWAY, "no more values").await;
                }
                let now = *value.borrow_and_update();
                socket.send(now.to_string()).await?;
            }
            message = socket.recv() => {
                if message?.is_none() {
                    return Ok(());
                }
            }
        }
    }
}

/// Two players, one game: the first waits in the lobby, the second finds it there.
#[ws_endpoint("/rooms/game")]
async fn game(handshake: Handshake, State(lobby): State<Arc<Mutex<Option<Socket>>>>) -> sockeye::Result {
    let mut me = handshake.accept().await?;
    let waiting = lobby.lock().unwrap().take();
    let Some(mut other) = waiting else {
        me.send("wait").await?;
        *lobby.lock().unwrap() = Some(me);
        return Ok(());
    };
    loop {
        tokio::select! {
            mine = me.recv() => match mine? {
                Some(stroke) => other.send(stroke).await?,
                None => return other.close(CloseCode::NORMAL, "your opponent left").await,
            },
            theirs = other.recv() => match theirs? {
                Some(stroke) => me.send(stroke).await?,
                None => return me.close(CloseCode::NORMAL, "your opponent left").await,
            },
        }
    }
}

/// A proxy between two sockets of the same kind, in a helper.
async fn pipe(mut left: Socket, right: &mut Socket) -> sockeye::Result {
    loop {
        tokio::select! {
            biased;
            message = left.recv() => match message? {
                Some(message) => right.send(message).await?,
                None => return Err(Error::close(CloseCode::NORMAL, "the left side closed")),
            },
            message = right.recv() => match message? {
                Some(message) => left.send(message).await?,
                None => return left.close(CloseCode::NORMAL, "the right side closed").await,
            },
        }
    }
}

/// Uses it with somebody from the lobby.
#[ws_endpoint("/rooms/pipe")]
async fn piped(handshake: Handshake, State(lobby): State<Arc<Mutex<Option<Socket>>>>) -> sockeye::Result {
    let Some(other) = lobby.lock().unwrap().take() else {
        return Err(handshake.reject(axum::http::StatusCode::NOT_FOUND, "nobody waits"));
    };
    let mut socket = handshake.accept().await?;
    pipe(other, &mut socket).await
}
