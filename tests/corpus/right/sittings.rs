//! Whole conversations with one thing in each that looks like a mistake and is none.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex as StdMutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
};
use dashmap::DashMap;
use futures_util::{SinkExt as _, StreamExt as _};
use serde::{Deserialize, Serialize};
use sockeye::{CloseCode, Handshake, Hub, Json, Message, Receiver, Sender, Socket, ws_endpoint};
use tokio::{
    sync::{Mutex, RwLock, Semaphore, broadcast, mpsc, oneshot, watch},
    task::{JoinHandle, JoinSet},
    time::{self, timeout},
};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A step of a wizard that gives the next.
type Turn = for<'a> fn(&'a mut Socket, &'a str) -> Boxed<'a, sockeye::Result<Option<Turned>>>;

#[derive(Clone, Copy)]
struct Turned(Turn);

fn ask_name<'a>(socket: &'a mut Socket, _: &'a str) -> Boxed<'a, sockeye::Result<Option<Turned>>> {
    Box::pin(async move {
        socket.send("your name?").await?;
        Ok(Some(Turned(greet)))
    })
}

fn greet<'a>(socket: &'a mut Socket, said: &'a str) -> Boxed<'a, sockeye::Result<Option<Turned>>> {
    Box::pin(async move {
        socket.send(format!("hello, {said}")).await?;
        Ok(None)
    })
}

/// A table of functions decides what comes next.
#[ws_endpoint("/sittings/wizard")]
async fn wizard(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut turn = ask_name(&mut socket, "").await?;
    while let Some(message) = socket.recv().await? {
        let Some(Turned(next)) = turn else { break };
        turn = next(&mut socket, message.as_text().unwrap_or_default()).await?;
    }
    socket.close(CloseCode::NORMAL, "done").await?;
    Ok(())
}

/// The lock is given back before anything is sent.
#[ws_endpoint("/sittings/copied")]
async fn copied(
    handshake: Handshake,
    State(shared): State<Arc<Mutex<HashMap<String, u64>>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let key = message.as_text().unwrap_or_default();
        let found = { shared.lock().await.get(key).copied() };
        socket.send(format!("{found:?}")).await?;
        let mut all = shared.lock().await;
        let count = all.len() as u64;
        all.insert(key.to_owned(), count);
        drop(all);
        socket.send("kept").await?;
    }
    Ok(())
}

/// A reference into the map is gone at the end of the statement that copies from it.
#[ws_endpoint("/sittings/dashed")]
async fn dashed(
    handshake: Handshake,
    State(rooms): State<Arc<DashMap<String, broadcast::Sender<String>>>>,
) -> sockeye::Result {
    let room = rooms.entry("hall".to_owned()).or_insert_with(|| broadcast::channel(16).0).clone();
    let mut news = room.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            said = news.recv() => match said {
                Ok(said) => socket.send(said).await?,
                Err(broadcast::error::RecvError::Lagged(missed)) => socket.send(format!("{missed} missed")).await?,
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            },
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                let _ = room.send(message.as_text().unwrap_or_default().to_owned());
                let count = rooms.get("hall").map(|room| room.receiver_count()).unwrap_or(0);
                socket.send(count.to_string()).await?;
            }
        }
    }
}

/// Blocking work where it may block.
#[ws_endpoint("/sittings/work")]
async fn work(handshake: Handshake) -> sockeye::Result {
    fn digest(bytes: &[u8]) -> u64 {
        std::thread::sleep(Duration::from_millis(1));
        bytes.iter().map(|byte| u64::from(*byte)).sum()
    }
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let bytes = message.as_bytes().to_vec();
        let sum = tokio::task::spawn_blocking(move || digest(&bytes)).await?;
        socket.send(sum.to_string()).await?;
    }
    Ok(())
}

/// A thread of its own, which hands its results over.
#[ws_endpoint("/sittings/thread")]
async fn thread(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let (done, result) = oneshot::channel();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(5));
            let _ = done.send(message.len());
        });
        socket.send(result.await?.to_string()).await?;
    }
    Ok(())
}

/// A guard takes the count back, whichever way the function is left.
struct Seat(Arc<AtomicUsize>);

impl Seat {
    fn take(here: &Arc<AtomicUsize>) -> Self {
        here.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(here))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counted for as long as it lasts.
#[ws_endpoint("/sittings/seat")]
async fn seat(handshake: Handshake, State(here): State<Arc<AtomicUsize>>) -> sockeye::Result {
    if here.load(Ordering::Relaxed) >= 100 {
        return Err(handshake.reject(StatusCode::SERVICE_UNAVAILABLE, "full"));
    }
    let _seat = Seat::take(&here);
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A permit is a guard.
#[ws_endpoint("/sittings/permit")]
async fn permit(handshake: Handshake, State(places): State<Arc<Semaphore>>) -> sockeye::Result {
    let Ok(_permit) = places.clone().try_acquire_owned() else {
        return Err(handshake.reject(StatusCode::TOO_MANY_REQUESTS, "later"));
    };
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The inner function's outcome comes after the entry is gone.
#[ws_endpoint("/sittings/entry/{id}")]
async fn entry(
    handshake: Handshake,
    State(online): State<Arc<StdMutex<HashMap<u64, Instant>>>>,
    Path(id): Path<u64>,
) -> sockeye::Result {
    async fn talk(socket: &mut Socket) -> sockeye::Result {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    }
    let mut socket = handshake.accept().await?;
    online.lock().unwrap().insert(id, Instant::now());
    let outcome = talk(&mut socket).await;
    online.lock().unwrap().remove(&id);
    outcome
}

/// A total is never taken back: it is a total.
#[ws_endpoint("/sittings/total")]
async fn total(handshake: Handshake, State(ever): State<Arc<AtomicU64>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let number = ever.fetch_add(1, Ordering::Relaxed);
    socket.send(format!("you are number {number}")).await?;
    while let Some(message) = socket.recv().await? {
        ever.fetch_add(message.len() as u64, Ordering::Relaxed);
    }
    Ok(())
}

/// A score that outlives the connection.
#[ws_endpoint("/sittings/score/{name}")]
async fn score(
    handshake: Handshake<Json<i64>>,
    State(scores): State<Arc<RwLock<HashMap<String, i64>>>>,
    Path(name): Path<String>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(points) = socket.recv().await? {
        let now = {
            let mut scores = scores.write().await;
            let score = scores.entry(name.clone()).or_insert(0);
            *score += points;
            *score
        };
        socket.send(now).await?;
    }
    Ok(())
}

/// The first message has a deadline; what fails there is said to the client.
#[ws_endpoint("/sittings/login")]
async fn login(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let first = match timeout(Duration::from_secs(5), socket.recv()).await {
        Err(_elapsed) => {
            socket.close(CloseCode::POLICY_VIOLATION, "no login").await?;
            return Ok(());
        }
        Ok(first) => first?,
    };
    let Some(first) = first else { return Ok(()) };
    if first.as_text() != Some("open sesame") {
        socket.close(CloseCode::POLICY_VIOLATION, "wrong").await?;
        return Ok(());
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The log names who, and not with what.
#[ws_endpoint("/sittings/logged")]
async fn logged(handshake: Handshake, headers: HeaderMap) -> sockeye::Result {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let has_token = !token.is_empty();
    tracing::info!(has_token, length = token.len(), "a client comes");
    if token != "Bearer open" {
        tracing::warn!("wrong token");
        return Err(handshake.reject(StatusCode::UNAUTHORIZED, "wrong token"));
    }
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Tasks of the connection's own.
#[ws_endpoint("/sittings/own")]
async fn own(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pusher = sender.clone();
    sender.spawn(async move {
        let mut tick = time::interval(Duration::from_secs(1));
        loop {
            tick.tick().await;
            if pusher.send("tick").await.is_err() {
                return;
            }
        }
    });
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// A set that ends with the function.
#[ws_endpoint("/sittings/set")]
async fn set(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut jobs = JoinSet::new();
    while let Some(message) = receiver.recv().await? {
        let sender = sender.clone();
        jobs.spawn(async move {
            time::sleep(Duration::from_millis(20)).await;
            sender.send(message).await
        });
        while let Some(done) = jobs.try_join_next() {
            done??;
        }
    }
    Ok(())
}

/// A bounded queue that closes when the client is slow.
#[ws_endpoint("/sittings/queue")]
async fn queue(handshake: Handshake, State(bus): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (queue, mut queued) = mpsc::channel::<String>(32);
    let mut news = bus.subscribe();
    let feed = async {
        loop {
            match news.recv().await {
                Ok(item) => {
                    if queue.try_send(item).is_err() {
                        return Err(sockeye::Error::new("too slow"));
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            }
        }
    };
    let write = async {
        while let Some(item) = queued.recv().await {
            sender.send(item).await?;
        }
        sockeye::Result::<()>::Ok(())
    };
    let read = async {
        while receiver.recv().await?.is_some() {}
        sockeye::Result::<()>::Ok(())
    };
    tokio::select! {
        ended = feed => ended,
        ended = write => ended,
        ended = read => ended,
    }
}

/// An unbounded queue that nothing outside fills: the answers of this client, one for each of its messages.
#[ws_endpoint("/sittings/answers")]
async fn answers(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (results, mut finished) = mpsc::channel::<usize>(8);
    loop {
        tokio::select! {
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                let results = results.clone();
                tokio::spawn(async move {
                    time::sleep(Duration::from_millis(10)).await;
                    let _ = results.send(message.len()).await;
                });
            }
            Some(result) = finished.recv() => socket.send(result.to_string()).await?,
        }
    }
}

/// `select!` on handles that it only borrows, and both are ended after.
#[ws_endpoint("/sittings/both")]
async fn both(handshake: Handshake, State(mut price): State<watch::Receiver<u64>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut write: JoinHandle<sockeye::Result> = tokio::spawn(async move {
        while price.changed().await.is_ok() {
            let now = *price.borrow_and_update();
            sender.send(now.to_string()).await?;
        }
        Ok(())
    });
    let mut read: JoinHandle<sockeye::Result> = tokio::spawn(async move {
        while receiver.recv().await?.is_some() {}
        Ok(())
    });
    tokio::select! {
        _ = &mut write => read.abort(),
        _ = &mut read => write.abort(),
    }
    Ok(())
}

/// A flag that the reader sets ends the writer.
#[ws_endpoint("/sittings/flag")]
async fn flag(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let gone = Arc::new(AtomicBool::new(false));
    let seen = gone.clone();
    let task = tokio::spawn(async move {
        while !seen.load(Ordering::Acquire) {
            if sender.send("tick").await.is_err() {
                break;
            }
            time::sleep(Duration::from_secs(1)).await;
        }
    });
    while let Ok(Some(_)) = receiver.recv().await {}
    gone.store(true, Ordering::Release);
    task.await?;
    Ok(())
}

/// A finite stream of parts, each answered.
#[ws_endpoint("/sittings/parts")]
async fn parts(handshake: Handshake, State(parts): State<Arc<Vec<Vec<u8>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    for part in parts.iter() {
        socket.send(Message::binary(part.clone())).await?;
        let Some(answer) = timeout(Duration::from_secs(30), socket.recv()).await?? else { return Ok(()) };
        if answer.as_text() != Some("ok") {
            break;
        }
    }
    socket.close(CloseCode::NORMAL, "that is all").await?;
    Ok(())
}

/// The client says when it has had enough.
#[ws_endpoint("/sittings/enough")]
async fn enough(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut clock = time::interval(Duration::from_secs(1));
    let mut count = 0_u32;
    'talk: loop {
        let what = tokio::select! {
            biased;
            message = socket.recv() => message?,
            _ = clock.tick() => {
                count += 1;
                socket.send(count.to_string()).await?;
                continue 'talk;
            }
        };
        match what {
            None => break 'talk,
            Some(said) if said.as_text() == Some("enough") => break 'talk,
            Some(_) => {}
        }
    }
    Ok(())
}

/// A hub with the room of the route.
#[ws_endpoint("/sittings/hub/{room}")]
async fn hub(
    handshake: Handshake<Json<String>>,
    State(hub): State<Hub<String>>,
    Path(room): Path<String>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = hub.topic(&room).subscribe();
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(said) => {
                    hub.topic(&room).publish(&said)?;
                }
                None => return Ok(()),
            },
            event = events.next() => socket.send(event?).await?,
        }
    }
}

/// What is read is read in a task, and what cannot be cut is not in `select!`.
#[ws_endpoint("/sittings/lines")]
async fn lines(handshake: Handshake, State(path): State<std::path::PathBuf>) -> sockeye::Result {
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let file = tokio::fs::File::open(path).await?;
    let mut lines = BufReader::new(file).lines();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            line = lines.next_line() => match line? {
                Some(line) => socket.send(line).await?,
                None => break,
            },
            message = socket.recv() => {
                if message?.is_none() {
                    return Ok(());
                }
            }
        }
    }
    socket.close(CloseCode::NORMAL, "end of file").await?;
    Ok(())
}

/// A deadline for silence, made once and moved on by each message.
#[ws_endpoint("/sittings/silence")]
async fn silence(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let deadline = time::sleep(Duration::from_secs(60));
    tokio::pin!(deadline);
    loop {
        tokio::select! {
            () = &mut deadline => {
                socket.close(CloseCode::NORMAL, "too quiet").await?;
                return Ok(());
            }
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                deadline.as_mut().reset(time::Instant::now() + Duration::from_secs(60));
                socket.send(message).await?;
            }
        }
    }
}

/// A handler whose error is its own type.
enum Trouble {
    Gone(sockeye::Error),
    Number(std::num::ParseIntError),
}

impl From<sockeye::Error> for Trouble {
    fn from(error: sockeye::Error) -> Self {
        Self::Gone(error)
    }
}

impl From<std::num::ParseIntError> for Trouble {
    fn from(error: std::num::ParseIntError) -> Self {
        Self::Number(error)
    }
}

async fn add(socket: &mut Socket) -> Result<i64, Trouble> {
    let mut sum = 0;
    while let Some(message) = socket.recv().await? {
        sum += message.as_text().unwrap_or("0").parse::<i64>()?;
        socket.send(sum.to_string()).await?;
    }
    Ok(sum)
}

/// A sum, or what is wrong with it.
#[ws_endpoint("/sittings/sum")]
async fn sum(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    match add(&mut socket).await {
        Ok(_) => Ok(()),
        Err(Trouble::Number(error)) => {
            socket.close(CloseCode::INVALID_PAYLOAD, error.to_string()).await?;
            Ok(())
        }
        Err(Trouble::Gone(error)) => Err(error),
    }
}

/// A relay between two sockets of one program.
#[ws_endpoint("/sittings/pair")]
async fn pair(
    handshake: Handshake,
    State(waiting): State<Arc<Mutex<Option<oneshot::Sender<Socket>>>>>,
) -> sockeye::Result {
    let mut mine = handshake.accept().await?;
    let other = waiting.lock().await.take();
    if let Some(other) = other {
        // Whoever waits carries the conversation of both.
        let _ = other.send(mine);
        return Ok(());
    }
    let (put, taken) = oneshot::channel();
    *waiting.lock().await = Some(put);
    let mut theirs = tokio::select! {
        theirs = taken => theirs?,
        message = mine.recv() => {
            message?;
            return Ok(());
        }
    };
    loop {
        tokio::select! {
            message = mine.recv() => match message? {
                Some(message) => theirs.send(message).await?,
                None => return Ok(()),
            },
            message = theirs.recv() => match message? {
                Some(message) => mine.send(message).await?,
                None => return Ok(()),
            },
        }
    }
}
