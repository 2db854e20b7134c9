//! The mistakes of every rule, as many hands make them.

use std::{
    collections::{HashMap, HashSet},
    fs::{self as files, File},
    io::Read as _,
    sync::{Arc, Mutex as StdMutex, RwLock as StdRwLock, atomic::{AtomicUsize, Ordering}},
    thread as threads,
    time::Duration,
};

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
};
use dashmap::DashMap;
use futures_util::future::join_all;
use serde::Deserialize;
use sockeye::{CloseCode, Handshake, Json, Message, Receiver, Sender, Socket, ws_endpoint};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::{Mutex, RwLock, broadcast, mpsc, watch},
    task::JoinHandle,
    time::{self, interval, sleep, timeout},
};
use tracing::{debug, info, warn};

type Res<T = ()> = sockeye::Result<T>;

#[derive(Deserialize)]
struct Login {
    user: String,
    token: String,
}

/// Only checks who comes.
#[ws_endpoint("/f/never")]
async fn never(handshake: Handshake, headers: HeaderMap) -> Res {
    if let Some(agent) = headers.get("user-agent") {
        info!(?agent, "a visitor");
    }
    Ok(()) //~ never_accepted
}

/// Closes, then says goodbye.
#[ws_endpoint("/f/goodbye")]
async fn goodbye(handshake: Handshake) -> Res {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.as_text() == Some("bye") {
            socket.close(CloseCode::NORMAL, "bye").await?;
            socket.send("goodbye").await?; //~ io_after_close
            break;
        }
        socket.send(message).await?;
    }
    Ok(())
}

/// A future that no one awaits, in an arm.
#[ws_endpoint("/f/unawaited")]
async fn unawaited(handshake: Handshake) -> Res {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        match message.as_text() {
            Some("ping") => drop(socket.send("pong")), //~ missing_await
            _ => socket.send(message).await?,
        }
    }
    Ok(())
}

/// Asks once, answers once, and holds the connection.
#[ws_endpoint("/f/once")]
async fn once(handshake: Handshake, State(rx): State<watch::Receiver<u32>>) -> Res {
    let mut rx = rx.clone();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let Some(hello) = receiver.recv().await? else { return Ok(()) };
    sender.send(hello).await?;
    while rx.changed().await.is_ok() {
        let now = *rx.borrow_and_update();
        sender.send(now.to_string()).await?; //~ deaf_loop
    }
    Ok(())
}

/// A struct that only pushes.
struct Pusher {
    socket: Socket,
    every: time::Interval,
}

impl Pusher {
    async fn run(&mut self) -> Res {
        loop {
            self.every.tick().await;
            self.socket.send("tick").await?; //~ deaf_loop
        }
    }
}

/// Pushes.
#[ws_endpoint("/f/pusher")]
async fn pusher(handshake: Handshake) -> Res {
    let socket = handshake.accept().await?;
    Pusher { socket, every: interval(Duration::from_secs(1)) }.run().await
}

/// The end of the client is nothing to this loop.
#[ws_endpoint("/f/spin")]
async fn spin(handshake: Handshake) -> Res {
    let mut socket = handshake.accept().await?;
    let mut count = 0_u32;
    loop {
        let message = match socket.recv().await { //~ spinning_loop
            Ok(Some(message)) => message,
            Ok(None) => {
                debug!("nothing");
                continue;
            }
            Err(error) => return Err(error),
        };
        count += 1;
        socket.send(format!("{count}: {message:?}")).await?;
    }
}

/// The same with `unwrap_or_default`.
#[ws_endpoint("/f/spin2")]
async fn spin_default(handshake: Handshake) -> Res {
    let mut socket = handshake.accept().await?;
    loop {
        let message = socket.recv().await.unwrap_or_default(); //~ spinning_loop
        if let Some(message) = message {
            socket.send(message).await?;
        }
    }
}

/// Errors are logged and the loop goes on.
#[ws_endpoint("/f/swallow")]
async fn swallow(handshake: Handshake, State(feed): State<broadcast::Sender<String>>) -> Res {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut feed = feed.subscribe();
    let push = async {
        loop {
            match feed.recv().await {
                Ok(line) => {
                    if let Err(error) = sender.send(line).await { //~ swallowed_error
                        warn!(%error, "cannot send");
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    };
    let read = async {
        while let Ok(Some(_)) = receiver.recv().await {}
    };
    tokio::join!(push, read);
    Ok(())
}

/// `unwrap` on what a client may cause.
#[ws_endpoint("/f/unwrap")]
async fn unwraps(handshake: Handshake) -> Res {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await.unwrap() { //~ panicking_io
        socket.send(message).await?;
    }
    Ok(())
}

/// Reads files with std, renamed.
#[ws_endpoint("/f/files")]
async fn reads_files(handshake: Handshake) -> Res {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(name) = message.as_text() else { continue };
        let text = files::read_to_string(name).unwrap_or_default(); //~ blocking_call
        socket.send(text).await?;
    }
    Ok(())
}

fn load(path: &str) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

/// In a helper.
#[ws_endpoint("/f/load")]
async fn loads(handshake: Handshake) -> Res {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let _ = message;
        let text = load("motd.txt").unwrap_or_default(); //~ blocking_call
        socket.send(text).await?;
    }
    Ok(())
}

/// Sleeps, renamed.
#[ws_endpoint("/f/sleeps")]
async fn sleeps(handshake: Handshake) -> Res {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        threads::sleep(Duration::from_millis(20)); //~ blocking_call
        socket.send(message).await?;
    }
    Ok(())
}

/// A subprocess that is waited for.
#[ws_endpoint("/f/process")]
async fn process(handshake: Handshake) -> Res {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let out = std::process::Command::new("date").arg(message.as_text().unwrap_or("-u")).output(); //~ blocking_call
        match out {
            Ok(out) => socket.send(String::from_utf8_lossy(&out.stdout).into_owned()).await?,
            Err(error) => socket.send(error.to_string()).await?,
        }
    }
    Ok(())
}

/// A ticker that lives for ever.
#[ws_endpoint("/f/ticker")]
async fn ticker(handshake: Handshake, State(feed): State<broadcast::Sender<String>>) -> Res {
    let (_sender, mut receiver) = handshake.accept().await?.split();
    tokio::task::spawn(async move { //~ orphaned_task
        let mut every = interval(Duration::from_secs(1));
        loop {
            every.tick().await;
            let _ = feed.send("tick".into());
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// A lag ends the feed without a word.
#[ws_endpoint("/f/lag1")]
async fn lag_by_while(handshake: Handshake, State(feed): State<broadcast::Sender<String>>) -> Res {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut lines = feed.subscribe();
    let push = tokio::spawn(async move {
        while let Ok(line) = lines.recv().await { //~ lagged_feed
            if sender.send(line).await.is_err() {
                break;
            }
        }
    });
    while receiver.recv().await?.is_some() {} //~ orphaned_task
    push.abort();
    Ok(())
}

/// Any error of the feed ends the pushing.
#[ws_endpoint("/f/lag2")]
async fn lag_by_break(handshake: Handshake, State(feed): State<broadcast::Sender<String>>) -> Res {
    let mut socket = handshake.accept().await?;
    let mut lines = feed.subscribe();
    loop {
        tokio::select! {
            line = lines.recv() => match line {
                Ok(line) => socket.send(line).await?,
                Err(_) => break, //~ lagged_feed
            },
            message = socket.recv() => if message?.is_none() { break },
        }
    }
    Ok(())
}

/// A queue without a bound.
#[ws_endpoint("/f/queue/{id}")]
async fn queue(
    handshake: Handshake,
    State(clients): State<Arc<StdMutex<HashMap<u64, mpsc::UnboundedSender<String>>>>>,
    Path(id): Path<u64>,
) -> Res {
    let mut socket = handshake.accept().await?;
    let (tx, mut rx) = mpsc::unbounded_channel(); //~ unbounded_queue
    clients.lock().unwrap().insert(id, tx);
    let result = loop {
        tokio::select! {
            Some(line) = rx.recv() => if let Err(error) = socket.send(line).await { break Err(error) },
            message = socket.recv() => match message {
                Ok(Some(_)) => {}
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            },
        }
    };
    clients.lock().unwrap().remove(&id);
    result
}

/// The client stays in the list when the greeting fails.
#[ws_endpoint("/f/stays/{name}")]
async fn stays(handshake: Handshake, State(names): State<Arc<RwLock<HashSet<String>>>>, Path(name): Path<String>) -> Res {
    let mut socket = handshake.accept().await?;
    names.write().await.insert(name.clone());
    socket.send(format!("hello {name}")).await?; //~ skipped_cleanup
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    names.write().await.remove(&name);
    Ok(())
}

/// A `DashMap` that keeps a client whose error leaves by `?`.
#[ws_endpoint("/f/dash/{id}")]
async fn dash(handshake: Handshake, State(peers): State<Arc<DashMap<u64, mpsc::Sender<String>>>>, Path(id): Path<u64>) -> Res {
    let mut socket = handshake.accept().await?;
    let (tx, mut rx) = mpsc::channel(8);
    peers.insert(id, tx);
    loop {
        tokio::select! {
            Some(line) = rx.recv() => socket.send(line).await?, //~ skipped_cleanup
            message = socket.recv() => match message? {
                Some(_) => {}
                None => break,
            },
        }
    }
    peers.remove(&id);
    Ok(())
}

/// A counter that a broken connection never lowers.
#[ws_endpoint("/f/counter")]
async fn counter(handshake: Handshake, State(online): State<Arc<AtomicUsize>>) -> Res {
    let mut socket = handshake.accept().await?;
    online.fetch_add(1, Ordering::SeqCst);
    while let Some(message) = socket.recv().await? { //~ skipped_cleanup
        if let Err(error) = socket.send(message).await {
            warn!(%error, "gone");
            break;
        }
    }
    online.fetch_sub(1, Ordering::SeqCst);
    Ok(())
}

/// Waits for a name as long as the client likes.
#[ws_endpoint("/f/login")]
async fn login(handshake: Handshake<Json<Login, String>>) -> Res {
    let mut socket = handshake.accept().await?;
    let Some(login) = socket.recv().await? else { return Ok(()) }; //~ login_deadline
    if login.token != "secret" {
        return socket.close(CloseCode::POLICY_VIOLATION, "wrong token").await;
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message.user).await?;
    }
    Ok(())
}

/// The guard lives until the end of the round.
#[ws_endpoint("/f/guard")]
async fn guard(handshake: Handshake, State(scores): State<Arc<Mutex<HashMap<String, u32>>>>) -> Res {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let mut scores = scores.lock().await; //~ lock_across_io
        let score = scores.entry(message.as_text().unwrap_or_default().to_owned()).or_insert(0);
        *score += 1;
        socket.send(score.to_string()).await?;
    }
    Ok(())
}

/// A guard of std in a `match` that sends.
#[ws_endpoint("/f/std_guard")]
async fn std_guard(handshake: Handshake, State(names): State<Arc<StdRwLock<HashMap<String, String>>>>) -> Res {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let names = names.read().unwrap(); //~ lock_across_io
        if let Some(name) = names.get(message.as_text().unwrap_or_default()) {
            socket.send(name.clone()).await?;
        }
    }
    Ok(())
}

/// A reference into a `DashMap`, alive over the send.
#[ws_endpoint("/f/dash_ref")]
async fn dash_ref(handshake: Handshake, State(names): State<Arc<DashMap<String, String>>>) -> Res {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if let Some(name) = names.get(message.as_text().unwrap_or_default()) { //~ lock_across_io
            socket.send(name.value().clone()).await?;
        }
    }
    Ok(())
}

struct Room {
    members: RwLock<HashMap<u64, Sender>>,
}

impl Room {
    async fn say(&self, text: &str) {
        for member in self.members.read().await.values() {
            let _ = member.send(text).await; //~ fan_out_in_turn
        }
    }
}

/// The first word of what the client sent.
#[ws_endpoint("/f/word")]
async fn word(handshake: Handshake) -> Res {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default().to_owned();
        let mut parts = text.split(' ');
        let command = parts.next().unwrap();
        let amount: u32 = parts.next().unwrap().parse().unwrap(); //~ panics_on_input
        socket.send(format!("{command} {amount}")).await?;
    }
    Ok(())
}

/// An array of JSON.
#[ws_endpoint("/f/array")]
async fn array(handshake: Handshake<Json<Vec<i64>, i64>>) -> Res {
    let mut socket = handshake.accept().await?;
    while let Some(numbers) = socket.recv().await? {
        let sum = numbers[0] + numbers[1]; //~ panics_on_input
        socket.send(sum).await?;
    }
    Ok(())
}

/// `serde_json` with `expect`.
#[ws_endpoint("/f/parse")]
async fn parse(handshake: Handshake) -> Res {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let login: Login = serde_json::from_slice(message.as_bytes()).expect("valid JSON"); //~ panics_on_input
        socket.send(login.user).await?;
    }
    Ok(())
}

/// What was half read is lost when the socket is first.
#[ws_endpoint("/f/proxy")]
async fn proxy(handshake: Handshake) -> Res {
    let mut socket = handshake.accept().await?;
    let mut upstream = TcpStream::connect("127.0.0.1:9000").await?;
    let mut frame = [0_u8; 512];
    loop {
        tokio::select! {
            read = upstream.read_exact(&mut frame) => { //~ cancelled_read
                read?;
                socket.send(Message::binary(frame.to_vec())).await?;
            }
            message = socket.recv() => match message? {
                Some(message) => upstream.write_all(message.as_bytes()).await?,
                None => return Ok(()),
            },
        }
    }
}

/// The token in the log.
#[ws_endpoint("/f/logged")]
async fn logged(handshake: Handshake, Query(login): Query<Login>) -> Res {
    info!("{} connects with {}", login.user, login.token); //~ secret_in_log
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The header in the log.
#[ws_endpoint("/f/header")]
async fn header(handshake: Handshake, headers: HeaderMap) -> Res {
    let auth = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or("none");
    debug!(auth, "a client"); //~ secret_in_log
    if auth != "Bearer x" {
        return Err(handshake.reject(StatusCode::UNAUTHORIZED, "no"));
    }
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A binary message ends the conversation.
#[ws_endpoint("/f/kinds")]
async fn kinds(handshake: Handshake) -> Res {
    let mut socket = handshake.accept().await?;
    while let Some(Message::Text(text)) = socket.recv().await? { //~ kind_ends_loop
        socket.send(text.to_uppercase()).await?;
    }
    Ok(())
}

/// Accepts, and refuses then.
#[ws_endpoint("/f/late")]
async fn late(handshake: Handshake) -> Res {
    let mut socket = handshake.accept().await?;
    socket.send("name?").await?;
    let Ok(Some(name)) = timeout(Duration::from_secs(3), socket.recv()).await.unwrap_or(Ok(None)) else {
        return Err(handshake.reject(StatusCode::FORBIDDEN, "no name")); //~ accepted_twice
    };
    while let Some(message) = socket.recv().await? {
        socket.send(format!("{name:?}: {message:?}")).await?;
    }
    Ok(())
}

/// Futures in a closure that others call.
#[ws_endpoint("/f/closure")]
async fn in_closure(handshake: Handshake) -> Res {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        text.lines().for_each(|line| {
            let _ = socket.send(line); //~ missing_await
        });
        if let Some(first) = text.lines().next() {
            Some(first).map(|first| { socket.send(first); }); //~ missing_await
        }
    }
    Ok(())
}

/// A place on the board that the client chose.
#[ws_endpoint("/f/place")]
async fn place(handshake: Handshake<Json<(usize, usize), String>>) -> Res {
    let mut socket = handshake.accept().await?;
    let mut board = vec![0_u8; 64];
    while let Some((x, y)) = socket.recv().await? {
        board[x] += 1; //~ panics_on_input
        socket.send(format!("{y}: {board:?}")).await?;
    }
    Ok(())
}
