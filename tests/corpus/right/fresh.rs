//! Handlers as many hands write them: sessions as structs, actors, rooms, guards, deadlines.

use std::{
    collections::{HashMap, VecDeque},
    ops::ControlFlow,
    sync::{
        Arc, Mutex as StdMutex, RwLock as StdRwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
};
use futures_util::{FutureExt as _, StreamExt as _, future, stream::FuturesUnordered};
use serde::{Deserialize, Serialize};
use sockeye::{CloseCode, Handshake, Json, Message, Receiver, Sender, Socket, ws_endpoint};
use tokio::{
    sync::{Mutex, Notify, RwLock, broadcast, mpsc, oneshot, watch},
    task::JoinSet,
    time::{self, MissedTickBehavior, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

type Result<T = ()> = sockeye::Result<T>;
type Peers = Arc<RwLock<HashMap<u64, mpsc::Sender<String>>>>;

/// A conversation with one player.
struct Session {
    socket: Socket,
    name: Option<String>,
    strikes: u8,
}

impl Session {
    fn new(socket: Socket) -> Self {
        Self { socket, name: None, strikes: 0 }
    }

    async fn login(&mut self) -> Result<bool> {
        let Ok(first) = timeout(Duration::from_secs(10), self.socket.recv()).await else {
            return Ok(false);
        };
        self.name = first?.and_then(|message| message.as_text().map(str::to_owned));
        Ok(self.name.is_some())
    }

    async fn run(mut self) -> Result {
        if !self.login().await? {
            return self.socket.close(CloseCode::POLICY_VIOLATION, "no name").await;
        }
        while let Some(message) = self.socket.recv().await? {
            if self.turn(message).await?.is_break() {
                return self.socket.close(CloseCode::POLICY_VIOLATION, "three strikes").await;
            }
        }
        Ok(())
    }

    async fn turn(&mut self, message: Message) -> Result<ControlFlow<()>> {
        match message.as_text() {
            Some("strike") => self.strikes += 1,
            Some(text) => self.socket.send(format!("{:?}: {text}", self.name)).await?,
            None => {}
        }
        Ok(if self.strikes > 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

/// A session in a struct.
#[ws_endpoint("/fresh/session")]
async fn session(handshake: Handshake) -> Result {
    Session::new(handshake.accept().await?).run().await
}

/// Takes its client out of the table however the conversation ends.
struct Seat {
    peers: Arc<StdMutex<HashMap<u64, mpsc::Sender<String>>>>,
    id: u64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Ok(mut peers) = self.peers.lock() {
            peers.remove(&self.id);
        }
    }
}

fn sit(peers: &Arc<StdMutex<HashMap<u64, mpsc::Sender<String>>>>, id: u64) -> (Seat, mpsc::Receiver<String>) {
    let (to, from) = mpsc::channel(32);
    peers.lock().unwrap().insert(id, to);
    (Seat { peers: peers.clone(), id }, from)
}

/// A table with seats.
#[ws_endpoint("/fresh/seats/{id}")]
async fn seats(
    handshake: Handshake,
    Path(id): Path<u64>,
    State(peers): State<Arc<StdMutex<HashMap<u64, mpsc::Sender<String>>>>>,
) -> Result {
    let mut socket = handshake.accept().await?;
    let (_seat, mut inbox) = sit(&peers, id);
    loop {
        tokio::select! {
            line = inbox.recv() => match line {
                Some(line) => socket.send(line).await?,
                None => break,
            },
            said = socket.recv() => {
                let Some(said) = said? else { break };
                let others: Vec<_> = peers.lock().unwrap().values().cloned().collect();
                for other in others {
                    let _ = other.try_send(said.as_text().unwrap_or_default().to_owned());
                }
            }
        }
    }
    Ok(())
}

/// Removal after an inner block that holds every `?`.
#[ws_endpoint("/fresh/rooms/{id}")]
async fn rooms(handshake: Handshake, Path(id): Path<u64>, State(peers): State<Peers>) -> Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (tx, mut rx) = mpsc::channel::<String>(16);
    peers.write().await.insert(id, tx);
    let outcome = async {
        loop {
            tokio::select! {
                biased;
                Some(line) = rx.recv() => sender.send(line).await?,
                said = receiver.recv() => match said? {
                    Some(said) => {
                        let line = said.as_text().unwrap_or("?").to_owned();
                        let all = peers.read().await.values().cloned().collect::<Vec<_>>();
                        future::join_all(all.iter().map(|peer| peer.send(line.clone()))).await;
                    }
                    None => return Ok(()),
                },
            }
        }
    }
    .await;
    peers.write().await.remove(&id);
    outcome
}

/// Lag is told to the client, the end of the feed ends the connection.
#[ws_endpoint("/fresh/news")]
async fn news(handshake: Handshake, State(news): State<broadcast::Sender<Arc<str>>>) -> Result {
    let mut feed = news.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        let item = tokio::select! {
            item = feed.recv() => item,
            message = socket.recv() => match message? {
                Some(_) => continue,
                None => return Ok(()),
            },
        };
        match item {
            Ok(text) => socket.send(text.to_string()).await?,
            Err(broadcast::error::RecvError::Lagged(missed)) => {
                socket.send(format!("{missed} lost")).await?;
            }
            Err(broadcast::error::RecvError::Closed) => {
                return socket.close(CloseCode::GOING_AWAY, "no more news").await;
            }
        }
    }
}

/// Two halves, joined; the first error ends both.
#[ws_endpoint("/fresh/joined")]
async fn joined(handshake: Handshake, State(state): State<watch::Receiver<u64>>) -> Result {
    let (sender, receiver) = handshake.accept().await?.split();
    tokio::try_join!(show(sender, state), drain(receiver)).map(drop)
}

async fn show(sender: Sender, mut state: watch::Receiver<u64>) -> Result {
    while state.changed().await.is_ok() {
        let now = *state.borrow_and_update();
        sender.send(now.to_string()).await?;
    }
    sender.close(CloseCode::NORMAL, "done").await
}

pub(super) async fn drain(mut receiver: Receiver) -> Result {
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// The guard is copied out of its lock before the send.
#[ws_endpoint("/fresh/locks")]
async fn locks(handshake: Handshake, State(scores): State<Arc<RwLock<HashMap<String, u32>>>>) -> Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let name = message.as_text().unwrap_or_default().to_owned();
        let score = {
            let mut scores = scores.write().await;
            let score = scores.entry(name.clone()).or_default();
            *score += 1;
            *score
        };
        socket.send(format!("{name}: {score}")).await?;
        let best = scores.read().await.iter().max_by_key(|(_, score)| **score).map(|(name, _)| name.clone());
        if let Some(best) = best {
            socket.send(best).await?;
        }
    }
    Ok(())
}

/// std's lock, only in statements without await.
#[ws_endpoint("/fresh/stdlocks")]
async fn std_locks(handshake: Handshake, State(lines): State<Arc<StdRwLock<VecDeque<String>>>>) -> Result {
    let mut socket = handshake.accept().await?;
    let backlog: Vec<String> = lines.read().unwrap().iter().cloned().collect();
    for line in backlog {
        socket.send(line).await?;
    }
    while let Some(message) = socket.recv().await? {
        let count = if let Ok(mut lines) = lines.write() {
            lines.push_back(message.as_text().unwrap_or_default().to_owned());
            if lines.len() > 100 {
                lines.pop_front();
            }
            lines.len()
        } else {
            0
        };
        socket.send(count.to_string()).await?;
    }
    Ok(())
}

/// A guard that is dropped by hand.
#[ws_endpoint("/fresh/dropped")]
async fn dropped(handshake: Handshake, State(total): State<Arc<Mutex<u64>>>) -> Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let mut guard = total.lock().await;
        *guard += message.len() as u64;
        let now = *guard;
        drop(guard);
        socket.send(now.to_string()).await?;
    }
    Ok(())
}

/// A mutex that only this connection has: its two tasks take turns.
#[ws_endpoint("/fresh/own_lock")]
async fn own_lock(handshake: Handshake) -> Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let sent = Arc::new(Mutex::new((sender, 0_u32)));
    let ours = Arc::clone(&sent);
    let ticker = tokio::spawn(async move {
        let mut every = time::interval(Duration::from_secs(5));
        loop {
            every.tick().await;
            let mut pair = ours.lock().await;
            pair.1 += 1;
            let line = pair.1.to_string();
            if pair.0.send(line).await.is_err() {
                break;
            }
        }
    });
    let end = loop {
        match receiver.recv().await {
            Ok(Some(message)) => {
                if let Err(error) = sent.lock().await.0.send(message).await {
                    break Err(error);
                }
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    ticker.abort();
    end
}

/// The interval is made before the loop, skips what it missed, and is reset by traffic.
#[ws_endpoint("/fresh/idle")]
async fn idle(handshake: Handshake) -> Result {
    let mut socket = handshake.accept().await?;
    let mut quiet = time::interval(Duration::from_secs(30));
    quiet.set_missed_tick_behavior(MissedTickBehavior::Delay);
    quiet.reset();
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(message) => {
                    quiet.reset();
                    socket.send(message).await?;
                }
                None => break Ok(()),
            },
            _ = quiet.tick() => socket.send("still there?").await?,
        }
    }
}

/// An idle timeout is a `sleep` of each round, which is what it should be.
#[ws_endpoint("/fresh/away")]
async fn away(handshake: Handshake) -> Result {
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                socket.send(message).await?;
            }
            () = time::sleep(Duration::from_secs(300)) => {
                return socket.close(CloseCode::NORMAL, "idle").await;
            }
        }
    }
}

/// A deadline for the whole conversation.
#[ws_endpoint("/fresh/deadline")]
async fn deadline(handshake: Handshake) -> Result {
    let mut socket = handshake.accept().await?;
    let end = time::Instant::now() + Duration::from_secs(60);
    let mut left = 10_u8;
    while left > 0 {
        let message = tokio::select! {
            () = sleep_until(end) => break,
            message = socket.recv() => message?,
        };
        let Some(message) = message else { return Ok(()) };
        left -= 1;
        socket.send(message).await?;
    }
    socket.close(CloseCode::NORMAL, "time is up").await
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Request {
    Ask { id: u32, text: String },
    Cancel { id: u32 },
}

#[derive(Serialize)]
struct Answer {
    id: u32,
    text: String,
}

async fn think(id: u32, text: String) -> Answer {
    time::sleep(Duration::from_millis(100)).await;
    Answer { id, text }
}

/// Questions run beside each other, in a `JoinSet`, which aborts them at the end.
#[ws_endpoint("/fresh/questions")]
async fn questions(handshake: Handshake<Json<Request, Answer>>) -> Result {
    let mut socket = handshake.accept().await?;
    let mut running = JoinSet::new();
    let mut known = HashMap::new();
    loop {
        tokio::select! {
            request = socket.recv() => match request? {
                Some(Request::Ask { id, text }) if running.len() < 8 => {
                    known.insert(id, running.spawn(think(id, text)));
                }
                Some(Request::Ask { id, .. }) => {
                    socket.send(Answer { id, text: "busy".into() }).await?;
                }
                Some(Request::Cancel { id }) => {
                    if let Some(task) = known.remove(&id) {
                        task.abort();
                    }
                }
                None => return Ok(()),
            },
            Some(Ok(answer)) = running.join_next() => {
                known.remove(&answer.id);
                socket.send(answer).await?;
            }
        }
    }
}

/// Futures of this connection, without tasks.
#[ws_endpoint("/fresh/unordered")]
async fn unordered(handshake: Handshake) -> Result {
    let mut socket = handshake.accept().await?;
    let mut running = FuturesUnordered::new();
    loop {
        tokio::select! {
            message = socket.recv() => {
                let Some(message) = message? else { break };
                if running.len() >= 16 {
                    socket.send("busy").await?;
                    continue;
                }
                running.push(think(0, message.as_text().unwrap_or_default().to_owned()));
            }
            Some(answer) = running.next(), if !running.is_empty() => socket.send(answer.text).await?,
        }
    }
    Ok(())
}

/// Slices that are checked first.
#[ws_endpoint("/fresh/input")]
async fn input(handshake: Handshake) -> Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let words: Vec<&str> = text.split_whitespace().collect();
        let reply = match words.as_slice() {
            ["add", a, b] => match (a.parse::<i64>(), b.parse::<i64>()) {
                (Ok(a), Ok(b)) => a.saturating_add(b).to_string(),
                _ => "two numbers, please".to_owned(),
            },
            ["echo", rest @ ..] => rest.join(" "),
            [] => continue,
            [first, ..] => format!("no command {first}"),
        };
        socket.send(reply).await?;
        let bytes = message.as_bytes();
        if bytes.len() >= 4 {
            let kind = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            socket.send(kind.to_string()).await?;
        }
    }
    Ok(())
}

/// An index that is made sure of by a `get` before.
#[ws_endpoint("/fresh/board")]
async fn board(handshake: Handshake) -> Result {
    let mut socket = handshake.accept().await?;
    let mut cells = [0_u8; 9];
    while let Some(message) = socket.recv().await? {
        let Some(cell) = message.as_text().and_then(|text| text.trim().parse::<usize>().ok()) else {
            socket.send("a number, please").await?;
            continue;
        };
        let Some(taken) = cells.get_mut(cell) else {
            socket.send("nine cells").await?;
            continue;
        };
        *taken = 1;
        let taken = cells.iter().filter(|cell| **cell == 1).count();
        socket.send(taken.to_string()).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Access {
    token: String,
}

/// The token is compared and not logged.
#[ws_endpoint("/fresh/access")]
async fn access(handshake: Handshake, Query(Access { token }): Query<Access>) -> Result {
    if token.len() != 32 {
        tracing::warn!(length = token.len(), "a token of an odd length");
        return Err(handshake.reject(StatusCode::UNAUTHORIZED, "no such token"));
    }
    let mut socket = handshake.accept().await?;
    tracing::info!("a token was accepted");
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Blocking work goes to the pool, and the socket is heard meanwhile.
#[ws_endpoint("/fresh/files")]
async fn files(handshake: Handshake) -> Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let name = message.as_text().unwrap_or_default().to_owned();
        let size = tokio::task::spawn_blocking(move || std::fs::metadata(name).map(|data| data.len()));
        match size.await {
            Ok(Ok(size)) => socket.send(size.to_string()).await?,
            Ok(Err(error)) => socket.send(error.to_string()).await?,
            Err(_) => return socket.close(CloseCode::INTERNAL_ERROR, "try again").await,
        }
    }
    Ok(())
}

/// A token ends the task of the connection, whatever ends the connection.
#[ws_endpoint("/fresh/cancelled")]
async fn cancelled(handshake: Handshake) -> Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let stop = CancellationToken::new();
    let _guard = stop.clone().drop_guard();
    tokio::spawn(async move {
        let mut ticks = time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = ticks.tick() => if sender.send("tick").await.is_err() { break },
            }
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// Handles by reference, both aborted.
#[ws_endpoint("/fresh/handles")]
async fn handles(handshake: Handshake, State(feed): State<broadcast::Sender<String>>) -> Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut rx = feed.subscribe();
    let mut writing = tokio::spawn(async move {
        loop {
            match rx.recv().await {
                Ok(line) => sender.send(line).await?,
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break Result::Ok(()),
            }
        }
    });
    let mut reading = tokio::spawn(async move {
        while let Some(message) = receiver.recv().await? {
            if feed.send(message.as_text().unwrap_or_default().to_owned()).is_err() {
                break;
            }
        }
        Result::Ok(())
    });
    let done = tokio::select! {
        done = &mut writing => done,
        done = &mut reading => done,
    };
    writing.abort();
    reading.abort();
    done?
}

/// An actor per connection, asked through a bounded channel with a one-shot answer.
#[ws_endpoint("/fresh/actor")]
async fn actor(
    handshake: Handshake,
    State(bank): State<mpsc::Sender<(i64, oneshot::Sender<i64>)>>,
) -> Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Ok(amount) = message.as_text().unwrap_or_default().parse() else {
            socket.send("an amount, please").await?;
            continue;
        };
        let (answer, balance) = oneshot::channel();
        if bank.send((amount, answer)).await.is_err() {
            return socket.close(CloseCode::INTERNAL_ERROR, "the bank is closed").await;
        }
        match timeout(Duration::from_secs(5), balance).await {
            Ok(Ok(balance)) => socket.send(balance.to_string()).await?,
            Ok(Err(_)) | Err(_) => socket.send("no answer").await?,
        }
    }
    Ok(())
}

struct Online(Arc<AtomicUsize>);

impl Online {
    fn enter(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Online {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counted by a guard.
#[ws_endpoint("/fresh/online")]
async fn online(handshake: Handshake, State(count): State<Arc<AtomicUsize>>) -> Result {
    let mut socket = handshake.accept().await?;
    let _online = Online::enter(&count);
    while let Some(message) = socket.recv().await? {
        let _ = message;
        socket.send(count.load(Ordering::Relaxed).to_string()).await?;
    }
    Ok(())
}

/// Counted by `scopeguard`.
#[ws_endpoint("/fresh/counted")]
async fn counted(handshake: Handshake, State(count): State<Arc<AtomicUsize>>) -> Result {
    let mut socket = handshake.accept().await?;
    count.fetch_add(1, Ordering::SeqCst);
    scopeguard::defer! {
        count.fetch_sub(1, Ordering::SeqCst);
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A counter that only ever grows is a total, not a registration.
#[ws_endpoint("/fresh/total")]
async fn total(handshake: Handshake, State(served): State<Arc<AtomicUsize>>) -> Result {
    let mut socket = handshake.accept().await?;
    let number = served.fetch_add(1, Ordering::Relaxed);
    socket.send(format!("you are number {number}")).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Waits for another player, or for the end of this one.
#[ws_endpoint("/fresh/lobby")]
async fn lobby(handshake: Handshake, State(ready): State<Arc<Notify>>) -> Result {
    let mut socket = handshake.accept().await?;
    let waiting = ready.notified();
    tokio::pin!(waiting);
    loop {
        tokio::select! {
            () = &mut waiting => break,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
    socket.send("go").await?;
    drain(socket.split().1).await
}

/// Generic over what it sends.
async fn relay<T: ToString + Clone>(socket: &mut Socket, mut from: watch::Receiver<T>) -> Result {
    loop {
        tokio::select! {
            changed = from.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let now = from.borrow_and_update().to_string();
                socket.send(now).await?;
            }
            message = socket.recv() => match message {
                Ok(Some(_)) => (),
                Ok(None) => return Ok(()),
                Err(error) => return Err(error),
            },
        }
    }
}

/// Relays.
#[ws_endpoint("/fresh/relay")]
async fn relays(handshake: Handshake, State(from): State<watch::Receiver<i32>>) -> Result {
    let mut socket = handshake.accept().await?;
    relay(&mut socket, from.clone()).await?;
    socket.close(CloseCode::NORMAL, "").await
}

macro_rules! next {
    ($socket:expr) => {
        match $socket.recv().await? {
            Some(message) => message,
            None => return Ok(()),
        }
    };
}

/// A macro takes each message.
#[ws_endpoint("/fresh/macro")]
async fn by_macro(handshake: Handshake) -> Result {
    let mut socket = handshake.accept().await?;
    loop {
        let name = next!(socket);
        let value = next!(socket);
        socket.send(format!("{:?}={:?}", name.as_text(), value.as_text())).await?;
    }
}

/// Floods are counted and answered with a close.
#[ws_endpoint("/fresh/flood")]
async fn flood(handshake: Handshake) -> Result {
    let mut socket = handshake.accept().await?;
    let mut window = Instant::now();
    let mut seen = 0;
    while let Some(message) = socket.recv().await? {
        if window.elapsed() > Duration::from_secs(1) {
            (window, seen) = (Instant::now(), 0);
        }
        seen += 1;
        if seen > 50 {
            return socket.close(CloseCode::POLICY_VIOLATION, "too fast").await;
        }
        socket.send(message).await?;
    }
    Ok(())
}

/// Looks whether something has come without waiting.
#[ws_endpoint("/fresh/now")]
async fn now_or_never(handshake: Handshake) -> Result {
    let mut socket = handshake.accept().await?;
    let mut frames = time::interval(Duration::from_millis(50));
    loop {
        frames.tick().await;
        while let Some(message) = socket.recv().now_or_never() {
            if message?.is_none() {
                return Ok(());
            }
        }
        socket.send("frame").await?;
    }
}

/// A task per topic, each ends with its channel or its client; a set ends them all.
#[ws_endpoint("/fresh/topics")]
async fn topics(
    handshake: Handshake,
    State(hubs): State<Arc<HashMap<String, broadcast::Sender<String>>>>,
) -> Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut tasks = HashMap::new();
    while let Some(message) = receiver.recv().await? {
        let topic = message.as_text().unwrap_or_default().to_owned();
        let Some(hub) = hubs.get(&topic) else { continue };
        let (to, mut from) = (sender.clone(), hub.subscribe());
        let task = Aborting(tokio::spawn(async move {
            loop {
                match from.recv().await {
                    Ok(line) if to.send(line.clone()).await.is_ok() => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    _ => break,
                }
            }
        }));
        tasks.insert(topic, task);
    }
    Ok(())
}

struct Aborting(tokio::task::JoinHandle<()>);

impl Drop for Aborting {
    fn drop(&mut self) {
        self.0.abort();
    }
}
