//! Whole conversations, each with one mistake, in shapes that differ from those of the rules' own files.

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
    http::{HeaderMap, StatusCode, header},
};
use serde::Deserialize;
use sockeye::{CloseCode, Handshake, Json, Message, Receiver, Sender, Socket, ws_endpoint};
use tokio::{
    sync::{Mutex, RwLock, broadcast, mpsc, watch},
    task::JoinHandle,
    time::{self, timeout},
};

#[derive(Deserialize)]
struct Order {
    line: usize,
    amount: u32,
    tags: Vec<String>,
}

#[derive(Deserialize)]
struct Login {
    user: String,
    password: String,
}

/// A table that the client points into, through a field.
#[ws_endpoint("/w/table")]
async fn table(handshake: Handshake<Json<Order, u32>>, State(prices): State<Arc<Vec<u32>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(order) = socket.recv().await? {
        socket.send(prices[order.line] * order.amount).await?; //~ panics_on_input
    }
    Ok(())
}

/// The first of a list that may be empty.
#[ws_endpoint("/w/tag")]
async fn tag(handshake: Handshake<Json<Order, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(order) = socket.recv().await? {
        let tag = order.tags.first().unwrap().clone(); //~ panics_on_input
        socket.send(tag).await?;
    }
    Ok(())
}

/// A map without the name.
#[ws_endpoint("/w/map")]
async fn map(handshake: Handshake<Json<String, u32>>) -> sockeye::Result {
    let prices = HashMap::from([("tea".to_owned(), 3)]);
    let mut socket = handshake.accept().await?;
    while let Some(name) = socket.recv().await? {
        socket.send(prices[&name]).await?; //~ panics_on_input
    }
    Ok(())
}

/// A whole request in one expression.
#[ws_endpoint("/w/one_line")]
async fn one_line(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let order: Order = serde_json::from_str(message.as_text().unwrap_or_default()).expect("an order"); //~ panics_on_input
        socket.send(order.amount.to_string()).await?;
    }
    Ok(())
}

/// Four bytes of what may be fewer.
#[ws_endpoint("/w/header")]
async fn head(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let bytes = message.as_bytes();
        let id = u32::from_be_bytes(bytes[..4].try_into().unwrap()); //~ panics_on_input
        socket.send(id.to_string()).await?;
    }
    Ok(())
}

/// A cut that may fall into a character.
#[ws_endpoint("/w/cut")]
async fn cut(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let short = &text[..text.len().min(20)]; //~ panics_on_input
        socket.send(short).await?;
    }
    Ok(())
}

/// A cut of what is split at no length.
#[ws_endpoint("/w/split")]
async fn split(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let (kind, rest) = message.as_bytes().split_at(1); //~ panics_on_input
        socket.send(format!("{kind:?} {}", rest.len())).await?;
    }
    Ok(())
}

/// The second half of what may have one.
#[ws_endpoint("/w/key_value")]
async fn key_value(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if let Some(text) = message.as_text() {
            let mut halves = text.splitn(2, '=');
            let key = halves.next().unwrap();
            let value = halves.next().unwrap(); //~ panics_on_input
            socket.send(format!("{value}={key}")).await?;
        }
    }
    Ok(())
}

/// A number out of a query, out of bounds.
#[ws_endpoint("/w/parsed")]
async fn parsed(handshake: Handshake) -> sockeye::Result {
    let mut seats = [false; 10];
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(Ok(seat)) = message.as_text().map(str::parse::<usize>) else { continue };
        seats[seat] = true; //~ panics_on_input
    }
    Ok(())
}

/// The password in the log.
#[ws_endpoint("/w/password")]
async fn password(handshake: Handshake<Json<Login, bool>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Ok(first) = timeout(Duration::from_secs(5), socket.recv()).await else { return Ok(()) };
    let Some(login) = first? else { return Ok(()) };
    tracing::debug!("login of {} with {}", login.user, login.password); //~ secret_in_log
    while socket.recv().await?.is_some() {
        socket.send(true).await?;
    }
    Ok(())
}

/// All headers in the log, with the cookie among them.
#[ws_endpoint("/w/cookie")]
async fn cookie(handshake: Handshake, headers: HeaderMap) -> sockeye::Result {
    let session = headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or("none");
    println!("session: {session}"); //~ secret_in_log
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A query with the token, as a field of a span's event.
#[ws_endpoint("/w/query")]
async fn query(handshake: Handshake, Query(params): Query<HashMap<String, String>>) -> sockeye::Result {
    let Some(token) = params.get("token") else {
        return Err(handshake.reject(StatusCode::UNAUTHORIZED, "token, please"));
    };
    tracing::info!(%token, "comes"); //~ secret_in_log
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The guard lives through the `match` that its value is matched in.
#[ws_endpoint("/w/guard_in_match")]
async fn guard_in_match(handshake: Handshake, State(names): State<Arc<Mutex<HashMap<u64, String>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        match names.lock().await.get(&(message.len() as u64)) { //~ lock_across_io
            Some(name) => socket.send(name.as_str()).await?,
            None => {}
        }
    }
    Ok(())
}

/// A read lock for the length of a conversation.
#[ws_endpoint("/w/read_lock")]
async fn read_lock(handshake: Handshake, State(config): State<Arc<RwLock<Vec<String>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let config = config.read().await; //~ lock_across_io
    for line in config.iter() {
        socket.send(line.as_str()).await?;
    }
    drop(config);
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Every member is waited for, with the lock held.
#[ws_endpoint("/w/members")]
async fn members(handshake: Handshake, State(all): State<Arc<Mutex<HashMap<usize, Sender>>>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let id = all.lock().await.len();
    all.lock().await.insert(id, sender);
    let outcome = async {
        while let Some(message) = receiver.recv().await? {
            let others = all.lock().await.clone();
            for other in others.values() {
                let _ = other.send(message.clone()).await; //~ fan_out_in_turn
            }
        }
        sockeye::Result::<()>::Ok(())
    }
    .await;
    all.lock().await.remove(&id);
    outcome
}

/// An error of the feed ends the news, and nothing says so.
#[ws_endpoint("/w/feed")]
async fn feed(handshake: Handshake, State(bus): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut news = bus.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            Ok(item) = news.recv() => socket.send(item).await?, //~ lagged_feed
            message = socket.recv() => {
                if message?.is_none() {
                    return Ok(());
                }
            }
            else => return Ok(()),
        }
    }
}

/// A queue without a bound, into which a feed of the whole server is poured.
#[ws_endpoint("/w/queue")]
async fn queue(handshake: Handshake, State(peers): State<Arc<StdMutex<Vec<mpsc::UnboundedSender<String>>>>>) -> sockeye::Result {
    let (out, mut queued) = mpsc::unbounded_channel::<String>(); //~ unbounded_queue
    peers.lock().unwrap().push(out);
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            Some(text) = queued.recv() => socket.send(text).await?,
            message = socket.recv() => {
                if message?.is_none() {
                    return Ok(());
                }
            }
        }
    }
}

/// The count goes down only where nothing fails.
#[ws_endpoint("/w/count")]
async fn count(handshake: Handshake, State(here): State<Arc<AtomicUsize>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    here.fetch_add(1, Ordering::Relaxed);
    while let Some(message) = socket.recv().await? { //~ skipped_cleanup
        socket.send(message).await?;
    }
    here.fetch_sub(1, Ordering::Relaxed);
    Ok(())
}

/// The entry stays when the first message is wrong.
#[ws_endpoint("/w/entry/{id}")]
async fn entry(handshake: Handshake, State(online): State<Arc<StdMutex<HashMap<u64, String>>>>, Path(id): Path<u64>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    online.lock().unwrap().insert(id, "here".to_owned());
    loop {
        match socket.recv().await {
            Ok(Some(message)) if message.is_text() => socket.send(message).await?, //~ skipped_cleanup
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => break,
        }
    }
    online.lock().unwrap().remove(&id);
    Ok(())
}

/// The first message may never come.
#[ws_endpoint("/w/login")]
async fn login(handshake: Handshake<Json<Login, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(login) = socket.recv().await? else { return Ok(()) }; //~ login_deadline
    if login.password != "sesame" {
        socket.close(CloseCode::POLICY_VIOLATION, "no").await?;
        return Ok(());
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Bytes that were read are lost when the client says something.
#[ws_endpoint("/w/read")]
async fn read(handshake: Handshake, State(addr): State<String>) -> sockeye::Result {
    use tokio::io::AsyncReadExt as _;
    let mut upstream = tokio::net::TcpStream::connect(addr).await?;
    let mut socket = handshake.accept().await?;
    let mut block = [0_u8; 64];
    loop {
        tokio::select! {
            read = upstream.read_exact(&mut block) => { //~ cancelled_read
                read?;
                socket.send(Message::binary(block.to_vec())).await?;
            }
            message = socket.recv() => {
                if message?.is_none() {
                    return Ok(());
                }
            }
        }
    }
}

/// The task outlives the reader.
#[ws_endpoint("/w/task")]
async fn task(handshake: Handshake, State(mut price): State<watch::Receiver<u64>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    tokio::task::spawn(async move { //~ detached_task
        loop {
            if price.changed().await.is_err() {
                break;
            }
            let now = *price.borrow();
            if sender.send(now.to_string()).await.is_err() {
                break;
            }
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// One of the two is left behind.
#[ws_endpoint("/w/two")]
async fn two(handshake: Handshake, State(bus): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut news = bus.subscribe();
    let push: JoinHandle<()> = tokio::spawn(async move { //~ orphaned_task
        loop {
            match news.recv().await {
                Ok(item) => if sender.send(item).await.is_err() { return },
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    });
    let pull = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::select! {
        _ = push => {}
        () = pull => {}
    }
    Ok(())
}

/// `abort` comes too late for an error.
#[ws_endpoint("/w/abort")]
async fn abort(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let beat = tokio::spawn(async move {
        let mut tick = time::interval(Duration::from_secs(30));
        loop {
            tick.tick().await;
            if sender.send("beat").await.is_err() {
                break;
            }
        }
    });
    while let Some(message) = receiver.recv().await? { //~ orphaned_task
        tracing::debug!(?message, "said");
    }
    beat.abort();
    Ok(())
}

/// Sends for ever and hears nothing.
#[ws_endpoint("/w/deaf")]
async fn deaf(handshake: Handshake, State(mut price): State<watch::Receiver<u64>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    while price.changed().await.is_ok() {
        let now = *price.borrow_and_update();
        socket.send(now.to_string()).await?; //~ deaf_loop
    }
    Ok(())
}

/// The error of `send` is only logged, and the loop goes on.
#[ws_endpoint("/w/only_logged")]
async fn only_logged(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut tick = time::interval(Duration::from_secs(1));
    loop {
        tick.tick().await;
        if let Err(error) = socket.send("tick").await { //~ swallowed_error, deaf_loop
            tracing::warn!(%error, "cannot send");
        }
    }
}

/// The end of the client is taken for one more round.
#[ws_endpoint("/w/spin")]
async fn spin(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await { //~ spinning_loop
            Ok(Some(message)) => socket.send(message).await?,
            Ok(None) => tracing::debug!("nothing"),
            Err(error) => tracing::debug!(%error, "nothing either"),
        }
    }
}

/// `while let Ok(message)` never ends with `None`.
#[ws_endpoint("/w/spin_ok")]
async fn spin_ok(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Ok(message) = socket.recv().await { //~ spinning_loop
        if let Some(message) = message {
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// A file is read in the way of everyone.
#[ws_endpoint("/w/file")]
async fn file(handshake: Handshake) -> sockeye::Result {
    let motd = std::fs::read_to_string("motd.txt").unwrap_or_default(); //~ blocking_call
    let mut socket = handshake.accept().await?;
    socket.send(motd).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A channel of the standard library is waited for.
#[ws_endpoint("/w/channel")]
async fn channel(handshake: Handshake) -> sockeye::Result {
    let (put, taken) = std::sync::mpsc::channel::<usize>();
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let put = put.clone();
        std::thread::spawn(move || put.send(message.len()));
        let length = taken.recv().unwrap_or_default(); //~ blocking_call
        socket.send(length.to_string()).await?;
    }
    Ok(())
}

/// A child process is waited for.
#[ws_endpoint("/w/process")]
async fn process(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let date = std::process::Command::new("date").output()?; //~ blocking_call
        socket.send(Message::binary(date.stdout)).await?;
    }
    Ok(())
}

/// The future of `send` is dropped.
#[ws_endpoint("/w/await")]
async fn not_awaited(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let _ = socket.send(message); //~ missing_await
    }
    Ok(())
}

/// Sends after the close.
#[ws_endpoint("/w/closed")]
async fn closed(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(message) = receiver.recv().await? {
        if message.as_text() == Some("bye") {
            sender.close(CloseCode::NORMAL, "bye").await?;
            sender.send("bye").await?; //~ io_after_close
            break;
        }
    }
    Ok(())
}

/// One branch forgets to accept.
#[ws_endpoint("/w/never/{room}")]
async fn never(handshake: Handshake, Path(room): Path<String>) -> sockeye::Result {
    tracing::info!(%room, "comes");
    Ok(()) //~ never_accepted
}

/// What it gets is unwrapped.
#[ws_endpoint("/w/unwrapped")]
async fn unwrapped(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let message = socket.recv().await.unwrap(); //~ panicking_io
        let Some(message) = message else { return Ok(()) };
        socket.send(message).await.expect("the client is there"); //~ panicking_io
    }
}

/// One message, then a wait for something else.
#[ws_endpoint("/w/once")]
async fn once(handshake: Handshake, State(mut ready): State<watch::Receiver<bool>>) -> sockeye::Result {
    let socket = handshake.accept().await?; //~ no_receive_loop
    socket.send("wait").await?;
    ready.wait_for(|ready| *ready).await?;
    socket.send("ready").await?;
    Ok(())
}

/// A binary message ends what should be a chat.
#[ws_endpoint("/w/kind")]
async fn kind(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(text) = socket.recv().await?.and_then(|message| message.as_text().map(str::to_owned)) { //~ kind_ends_loop
        socket.send(text).await?;
    }
    Ok(())
}

/// A writer of its own, whose errors nobody sees, and which is waited for.
async fn writer(sender: Sender, mut price: watch::Receiver<u64>) {
    while price.changed().await.is_ok() {
        let now = *price.borrow_and_update();
        let _ = sender.send(now.to_string()).await; //~ swallowed_error
    }
}

/// Waits for the writer, which goes on.
#[ws_endpoint("/w/writer")]
async fn waits_for_writer(handshake: Handshake, State(price): State<watch::Receiver<u64>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let task = tokio::spawn(writer(sender, price));
    while let Ok(Some(_)) = receiver.recv().await {}
    task.await?;
    Ok(())
}

/// Blocks, two calls away.
fn load(name: &str) -> std::io::Result<String> {
    read_all(&format!("{name}.txt"))
}

fn read_all(path: &str) -> std::io::Result<String> {
    std::fs::read_to_string(path)
}

/// Reads a page for each message.
#[ws_endpoint("/w/load")]
async fn loads(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let page = load(message.as_text().unwrap_or("index"))?; //~ blocking_call
        socket.send(page).await?;
    }
    Ok(())
}
