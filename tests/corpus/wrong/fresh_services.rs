//! Fresh mistakes in handlers of Sockeye, one each, in the shapes of services.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex as StdMutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
};
use dashmap::DashMap;
use serde::{Deserialize, Serialize};
use sockeye::{CloseCode, Handshake, Hub, Json, Message, Receiver, Sender, Socket, ws_endpoint, ws_lifecycle};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    sync::{Mutex, RwLock, broadcast, mpsc, watch},
    time::{interval, sleep, timeout},
};

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Command {
    Move { x: usize, y: usize },
    Say { text: String },
    Login { user: String, password: String },
}

/// A game whose board the client points into.
#[ws_endpoint("/w2/board")]
async fn board(handshake: Handshake<Json<Command, u8>>, State(board): State<Arc<RwLock<Vec<Vec<u8>>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(command) = socket.recv().await? {
        if let Command::Move { x, y } = command {
            let cell = board.read().await[y][x]; //~ panics_on_input
            socket.send(cell).await?;
        }
    }
    Ok(())
}

/// A chat that waits for each member.
#[ws_endpoint("/w2/chat")]
async fn chat(
    handshake: Handshake,
    State(members): State<Arc<RwLock<HashMap<u64, Sender>>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let all: Vec<Sender> = members.read().await.values().cloned().collect();
        for member in &all {
            member.send(message.clone()).await.ok(); //~ fan_out_in_turn
        }
    }
    Ok(())
}

/// The map entry is held while its owner reads.
#[ws_endpoint("/w2/direct/{to}")]
async fn direct(
    handshake: Handshake,
    Path(to): Path<u64>,
    State(users): State<Arc<DashMap<u64, Sender>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if let Some(user) = users.get(&to) { //~ lock_across_io
            user.send(message).await?;
        }
    }
    Ok(())
}

/// A terminal that reads the lines of a process in `select!`.
#[ws_endpoint("/w2/lines")]
async fn lines(handshake: Handshake) -> sockeye::Result {
    let stream = TcpStream::connect("127.0.0.1:6000").await?;
    let mut reader = BufReader::new(stream);
    let mut socket = handshake.accept().await?;
    let mut line = String::new();
    loop {
        tokio::select! {
            read = reader.read_line(&mut line) => { //~ cancelled_read
                if read? == 0 { return Ok(()) }
                socket.send(std::mem::take(&mut line)).await?;
            }
            message = socket.recv() => match message? {
                Some(message) => reader.get_mut().write_all(message.as_bytes()).await?,
                None => return Ok(()),
            },
        }
    }
}

/// The feed ends at the first lag.
#[ws_endpoint("/w2/feed")]
async fn feed(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut events = events.subscribe();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = async {
        while let Ok(event) = events.recv().await { //~ lagged_feed
            sender.send(event).await?;
        }
        sockeye::Result::Ok(())
    };
    let pull = async {
        while receiver.recv().await?.is_some() {}
        sockeye::Result::Ok(())
    };
    tokio::try_join!(push, pull)?;
    Ok(())
}

/// Everything that a client is told piles up.
#[ws_endpoint("/w2/queue/{id}")]
async fn queue(
    handshake: Handshake,
    Path(id): Path<u64>,
    State(queues): State<Arc<DashMap<u64, mpsc::UnboundedSender<String>>>>,
) -> sockeye::Result {
    let (tx, mut rx) = mpsc::unbounded_channel(); //~ unbounded_queue
    let queues = scopeguard::guard(queues, |queues| _ = queues.remove(&id));
    queues.insert(id, tx);
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            Some(text) = rx.recv() => socket.send(text).await?,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// `?` skips the leave.
#[ws_endpoint("/w2/presence/{id}")]
async fn presence(
    handshake: Handshake,
    Path(id): Path<u64>,
    State(online): State<Arc<StdMutex<HashMap<u64, String>>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    online.lock().unwrap().insert(id, "here".into());
    while let Some(message) = socket.recv().await? { //~ skipped_cleanup
        let Some(status) = message.as_text() else { continue };
        online.lock().unwrap().insert(id, status.to_owned());
    }
    online.lock().unwrap().remove(&id);
    Ok(())
}

/// Password in the log.
#[ws_endpoint("/w2/login")]
async fn login(handshake: Handshake<Json<Command, bool>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(command) = socket.recv().await? {
        if let Command::Login { user, password } = command {
            tracing::debug!("{user} logs in with {password}"); //~ secret_in_log
            socket.send(user == "admin" && password.len() > 8).await?;
        }
    }
    Ok(())
}

async fn authenticate(token: &str) -> Option<u64> {
    sleep(Duration::from_millis(5)).await;
    token.parse().ok()
}

/// No deadline for the login.
#[ws_endpoint("/w2/private")]
async fn private(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(Message::Text(token)) = socket.recv().await? else { //~ login_deadline
        return socket.close(CloseCode::POLICY_VIOLATION, "log in").await;
    };
    let Some(user) = authenticate(&token).await else {
        return socket.close(CloseCode::POLICY_VIOLATION, "unknown").await;
    };
    socket.send(format!("hello {user}")).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Sends and never listens.
#[ws_endpoint("/w2/metrics")]
async fn metrics(handshake: Handshake, State(mut load): State<watch::Receiver<f64>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    loop {
        load.changed().await?;
        let now = *load.borrow_and_update();
        socket.send(now.to_string()).await?; //~ deaf_loop
    }
}

/// `if let` in a loop that nothing ends.
#[ws_endpoint("/w2/spin")]
async fn spin(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        if let Ok(Some(Message::Text(text))) = socket.recv().await { //~ spinning_loop
            socket.send(text.to_uppercase()).await?;
        }
    }
}

fn resize(image: &[u8]) -> Vec<u8> {
    std::thread::sleep(Duration::from_millis(20));
    image.to_vec()
}

/// Blocks in a helper.
#[ws_endpoint("/w2/resize")]
async fn resizes(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let small = resize(message.as_bytes()); //~ blocking_call
        socket.send(small).await?;
    }
    Ok(())
}

/// One answer and the end.
#[ws_endpoint("/w2/once")]
async fn once(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?; //~ no_receive_loop
    if let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Rejects and goes on.
#[ws_endpoint("/w2/rejects")]
async fn rejects(handshake: Handshake, headers: HeaderMap) -> sockeye::Result {
    if !headers.contains_key("authorization") {
        handshake.reject(StatusCode::UNAUTHORIZED, "log in"); //~ accepted_twice
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A path without an answer.
#[ws_endpoint("/w2/unanswered")]
async fn unanswered(handshake: Handshake, Query(query): Query<HashMap<String, String>>) -> sockeye::Result {
    match query.get("room").map(String::as_str) {
        Some("lobby") => {
            let mut socket = handshake.accept().await?;
            while let Some(message) = socket.recv().await? {
                socket.send(message).await?;
            }
            Ok(())
        }
        Some(_) => Err(handshake.reject(StatusCode::NOT_FOUND, "no such room")),
        None => Ok(()), //~ never_accepted
    }
}

/// Not awaited, in a branch.
#[ws_endpoint("/w2/unawaited")]
async fn unawaited(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        match message {
            Message::Text(text) => socket.send(text).await?,
            Message::Binary(_) => {
                let _ = socket.send("text only"); //~ missing_await
            }
        }
    }
    Ok(())
}

/// A task for the feed that no one ends.
#[ws_endpoint("/w2/task")]
async fn task(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    tokio::spawn(async move { //~ detached_task
        loop {
            match events.recv().await {
                Ok(event) => {
                    if sender.send(event).await.is_err() {
                        break;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// The abort is skipped by `?`.
#[ws_endpoint("/w2/abort")]
async fn abort(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    let push = tokio::spawn(async move {
        loop {
            match events.recv().await {
                Ok(event) if sender.send(event).await.is_err() => break,
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
    });
    while let Some(message) = receiver.recv().await? { //~ orphaned_task
        tracing::debug!(length = message.len(), "heard");
    }
    push.abort();
    Ok(())
}

/// Binary ends the chat.
#[ws_endpoint("/w2/kind")]
async fn kind(handshake: Handshake, State(hub): State<Hub<String>>) -> sockeye::Result {
    let topic = hub.topic("chat");
    let mut feed = topic.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            message = socket.recv() => {
                let Some(Message::Text(text)) = message? else { break }; //~ kind_ends_loop
                topic.publish(&text.to_string())?;
            }
            event = feed.next() => socket.send(event?.to_string()).await?,
        }
    }
    Ok(())
}

/// Goes on after the close.
#[ws_endpoint("/w2/closed")]
async fn closed(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut strikes = 0;
    while let Some(message) = socket.recv().await? {
        if message.len() > 1000 {
            strikes += 1;
        }
        if strikes == 3 {
            socket.close(CloseCode::POLICY_VIOLATION, "too long").await?; //~ io_after_close
        }
        socket.send(message).await?;
    }
    Ok(())
}

/// The error of each send is logged.
#[ws_endpoint("/w2/swallowed")]
async fn swallowed(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let beat = async {
        let mut tick = interval(Duration::from_secs(5));
        loop {
            tick.tick().await;
            if let Err(error) = sender.send("beat").await { //~ swallowed_error
                tracing::warn!("no beat: {error}");
            }
        }
    };
    let listen = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(beat, listen);
    Ok(())
}

/// A helper that takes the socket and unwraps.
#[ws_lifecycle]
async fn helper(mut socket: Socket) {
    while let Some(message) = socket.recv().await.unwrap() { //~ panicking_io
        socket.send(message).await.expect("still there"); //~ panicking_io
    }
}
