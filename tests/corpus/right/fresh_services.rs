//! Handlers as services have them: a chat, dashboards, proxies, terminals, games; through helpers, closures, generics and traits.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    future::Future,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc, Mutex as StdMutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context as _;
use axum::{
    Extension,
    extract::{ConnectInfo, Path, Query, State},
    http::{HeaderMap, StatusCode},
};
use bytes::{Bytes, BytesMut};
use dashmap::DashMap;
use futures_util::{FutureExt as _, StreamExt as _, future, stream};
use serde::{Deserialize, Serialize};
use sockeye::{
    CloseCode, Codec, Handshake, Hub, Json, Message, Receiver, Sender, Socket, ws_endpoint, ws_lifecycle,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::Command,
    sync::{Mutex, Notify, RwLock, Semaphore, broadcast, mpsc, oneshot, watch},
    task::JoinSet,
    time::{self, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ToServer {
    Say { text: String },
    Typing,
    Rename { name: String },
    Leave,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ToClient {
    Said { who: String, text: String },
    Typing { who: String },
    Roster { names: Vec<String> },
    Error { reason: String },
}

#[derive(Default)]
struct Room {
    names: StdMutex<HashSet<String>>,
}

struct Seat {
    room: Arc<Room>,
    name: String,
}

impl Seat {
    fn take(room: &Arc<Room>, name: String) -> Option<Self> {
        let free = room.names.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(name.clone());
        free.then(|| Self { room: Arc::clone(room), name })
    }

    fn rename(&mut self, name: String) -> bool {
        let mut names = self.room.names.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !names.insert(name.clone()) {
            return false;
        }
        names.remove(&self.name);
        self.name = name;
        true
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Ok(mut names) = self.room.names.lock() {
            names.remove(&self.name);
        }
    }
}

/// A chat with a seat that gives itself back.
#[ws_endpoint("/f2/chat/{name}")]
async fn chat(
    handshake: Handshake<Json<ToServer, ToClient>>,
    Path(name): Path<String>,
    State(room): State<Arc<Room>>,
    State(hub): State<Hub<ToClient>>,
) -> sockeye::Result {
    let Some(mut seat) = Seat::take(&room, name) else {
        return Err(handshake.reject(StatusCode::CONFLICT, "the name is taken"));
    };
    let topic = hub.topic("chat");
    let mut feed = topic.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            biased;
            event = feed.next() => socket.send(event?).await?,
            command = socket.recv() => {
                let Some(command) = command? else { break };
                let answer = match command {
                    ToServer::Say { text } if text.trim().is_empty() => {
                        socket.send(ToClient::Error { reason: "nothing said".into() }).await?;
                        continue;
                    }
                    ToServer::Say { text } => ToClient::Said { who: seat.name.clone(), text },
                    ToServer::Typing => ToClient::Typing { who: seat.name.clone() },
                    ToServer::Rename { name } => {
                        if seat.rename(name) { continue }
                        socket.send(ToClient::Error { reason: "taken".into() }).await?;
                        continue;
                    }
                    ToServer::Leave => break,
                };
                topic.publish(&answer)?;
            }
        }
    }
    Ok(())
}

/// A shell on the machine: bytes both ways, and the child ends with the connection.
#[ws_endpoint("/f2/terminal")]
async fn terminal(handshake: Handshake) -> anyhow::Result<()> {
    let mut child = Command::new("sh")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("no shell")?;
    let mut stdin = child.stdin.take().context("no stdin")?;
    let mut stdout = child.stdout.take().context("no stdout")?;
    let mut socket = handshake.accept().await?;
    let mut buffer = BytesMut::with_capacity(4096);
    loop {
        tokio::select! {
            read = stdout.read_buf(&mut buffer) => {
                if read? == 0 {
                    break;
                }
                socket.send(buffer.split().freeze()).await?;
            }
            message = socket.recv() => match message? {
                Some(message) => stdin.write_all(message.as_bytes()).await?,
                None => return Ok(()),
            },
        }
    }
    let status = child.wait().await?;
    let reason = format!("the shell ended with {status}");
    socket.close(CloseCode::NORMAL, reason).await?;
    Ok(())
}

/// A proxy to a TCP service, each direction a future; the first that ends, ends both.
#[ws_endpoint("/f2/tcp/{port}")]
async fn tcp(handshake: Handshake, Path(port): Path<u16>) -> sockeye::Result {
    if !(6000..7000).contains(&port) {
        return Err(handshake.reject(StatusCode::FORBIDDEN, "not that port"));
    }
    let upstream = match timeout(Duration::from_secs(3), TcpStream::connect(("127.0.0.1", port))).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(handshake.reject(StatusCode::BAD_GATEWAY, error.to_string())),
        Err(_) => return Err(handshake.reject(StatusCode::GATEWAY_TIMEOUT, "too slow")),
    };
    let (mut from, mut to) = upstream.into_split();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let up = async {
        while let Some(message) = receiver.recv().await? {
            to.write_all(message.as_bytes()).await?;
        }
        sockeye::Result::Ok(())
    };
    let down = async {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let read = from.read(&mut buffer).await?;
            if read == 0 {
                return sender.close(CloseCode::GOING_AWAY, "the service closed").await;
            }
            sender.send(Bytes::copy_from_slice(&buffer[..read])).await?;
        }
    };
    tokio::select! {
        ended = up => ended,
        ended = down => ended,
    }
}

#[derive(Clone, Serialize)]
struct Load {
    cpu: f32,
    clients: usize,
}

struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn one(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

static CLIENTS: AtomicUsize = AtomicUsize::new(0);

/// A dashboard that skips what it could not show in time.
#[ws_endpoint("/f2/load")]
async fn load(
    handshake: Handshake<Json<(), Load>>,
    State(cpu): State<watch::Receiver<f32>>,
) -> sockeye::Result {
    let _counted = Counted::one(&CLIENTS);
    let mut cpu = cpu;
    let mut socket = handshake.accept().await?;
    let mut tick = interval(Duration::from_millis(500));
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            gone = socket.recv() => if gone?.is_none() { return Ok(()) },
            _ = tick.tick() => {
                if !cpu.has_changed()? { continue }
                let now = *cpu.borrow_and_update();
                socket.send(Load { cpu: now, clients: CLIENTS.load(Ordering::Relaxed) }).await?;
            }
        }
    }
}

/// Game: a state machine over moves, the opponent in a channel.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Move {
    Rock,
    Paper,
    Scissors,
}

impl Move {
    fn beats(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Rock, Self::Scissors) | (Self::Paper, Self::Rock) | (Self::Scissors, Self::Paper)
        )
    }
}

#[derive(Default)]
struct Lobby {
    waiting: Mutex<Option<oneshot::Sender<(mpsc::Sender<Move>, mpsc::Receiver<Move>)>>>,
}

impl Lobby {
    async fn opponent(&self) -> Option<(mpsc::Sender<Move>, mpsc::Receiver<Move>)> {
        let waiting = self.waiting.lock().await.take();
        if let Some(waiting) = waiting {
            let (mine, theirs) = (mpsc::channel(1), mpsc::channel(1));
            if waiting.send((mine.0, theirs.1)).is_ok() {
                return Some((theirs.0, mine.1));
            }
        }
        let (tell, told) = oneshot::channel();
        *self.waiting.lock().await = Some(tell);
        told.await.ok()
    }
}

#[ws_endpoint("/f2/game", allow(undocumented_endpoint, reason = "documented by its type"))]
async fn game(handshake: Handshake<Json<Move, String>>, State(lobby): State<Arc<Lobby>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let found = tokio::select! {
        found = timeout(Duration::from_secs(60), lobby.opponent()) => found,
        gone = socket.recv() => {
            let what = if gone?.is_some() { "too early" } else { "gone" };
            return socket.close(CloseCode::POLICY_VIOLATION, what).await;
        }
    };
    let Ok(Some((to, mut from))) = found else {
        return socket.close(CloseCode::TRY_AGAIN_LATER, "no one else is here").await;
    };
    let mut score = 0i32;
    while let Some(mine) = socket.recv().await? {
        if to.send(mine).await.is_err() {
            break;
        }
        let Ok(Some(theirs)) = timeout(Duration::from_secs(30), from.recv()).await else { break };
        score += i32::from(mine.beats(theirs)) - i32::from(theirs.beats(mine));
        socket.send(format!("{score}")).await?;
    }
    socket.close(CloseCode::NORMAL, format!("final score {score}")).await
}

/// Lines of a file that grows, as `tail -f`.
#[ws_endpoint("/f2/tail")]
async fn tail(handshake: Handshake) -> sockeye::Result {
    let file = tokio::fs::File::open("/var/log/syslog").await?;
    let mut lines = BufReader::new(file).lines();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            line = lines.next_line() => match line? {
                Some(line) => socket.send(line).await?,
                None => {
                    // The end for now.
                    tokio::select! {
                        () = sleep(Duration::from_millis(250)) => {}
                        gone = socket.recv() => if gone?.is_none() { return Ok(()) },
                    }
                }
            },
            gone = socket.recv() => if gone?.is_none() { return Ok(()) },
        }
    }
}

/// Requests with an identifier, answered in any order, at most eight at once.
#[derive(Deserialize)]
struct Request {
    id: u64,
    method: String,
}

#[derive(Serialize)]
struct Response {
    id: u64,
    result: Result<u64, String>,
}

async fn answer(request: Request) -> Response {
    let result = match request.method.as_str() {
        "now" => Ok(Instant::now().elapsed().as_secs()),
        other => Err(format!("unknown method {other:?}")),
    };
    Response { id: request.id, result }
}

/// JSON-RPC.
#[ws_endpoint("/f2/rpc")]
async fn rpc(handshake: Handshake<Json<Request, Response>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            request = socket.recv(), if running.len() < 8 => match request? {
                Some(request) => { running.spawn(answer(request)); }
                None => break,
            },
            Some(done) = running.join_next() => match done {
                Ok(response) => socket.send(response).await?,
                Err(error) if error.is_panic() => tracing::error!(%error, "a request panicked"),
                Err(_) => {}
            },
        }
    }
    while let Some(done) = running.join_next().await {
        drop(done);
    }
    Ok(())
}

/// Generic over the codec, with the attribute.
#[ws_lifecycle]
async fn relay<C>(
    socket: &mut Socket<C>,
    mut inbox: mpsc::Receiver<C::Out>,
    outbox: mpsc::Sender<C::In>,
) -> sockeye::Result
where
    C: Codec,
    C::Out: 'static,
{
    loop {
        tokio::select! {
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                if outbox.send(message).await.is_err() {
                    return Ok(());
                }
            }
            Some(message) = inbox.recv() => socket.send(message).await?,
            else => return Ok(()),
        }
    }
}

/// The relay, with a limit on the whole conversation.
#[ws_endpoint("/f2/relayed")]
async fn relayed(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (to, inbox) = mpsc::channel(16);
    let (outbox, mut from) = mpsc::channel::<Message>(16);
    let worker = async move {
        while let Some(message) = from.recv().await {
            if to.send(message).await.is_err() {
                break;
            }
        }
    };
    let relay = relay(&mut socket, inbox, outbox);
    match timeout(Duration::from_secs(3600), future::join(relay, worker)).await {
        Ok((ended, ())) => ended,
        Err(_) => socket.close(CloseCode::POLICY_VIOLATION, "an hour is enough").await,
    }
}

#[derive(Deserialize)]
struct Auth {
    token: String,
}

trait Verify: Send + Sync {
    fn user(&self, token: &str) -> Option<String>;
}

type Verifier = Arc<dyn Verify>;

/// The first message is the login, within five seconds.
#[ws_endpoint("/f2/private")]
async fn private(
    handshake: Handshake<Json<Auth, String>>,
    State(verifier): State<Verifier>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let login = match timeout(Duration::from_secs(5), socket.recv()).await {
        Ok(login) => login?,
        Err(_) => return socket.close(CloseCode::POLICY_VIOLATION, "log in first").await,
    };
    let Some(Auth { token }) = login else { return Ok(()) };
    let Some(user) = verifier.user(&token) else {
        tracing::info!(length = token.len(), "a wrong token");
        return socket.close(CloseCode::POLICY_VIOLATION, "unknown token").await;
    };
    socket.send(format!("hello, {user}")).await?;
    while let Some(Auth { token }) = socket.recv().await? {
        let known = verifier.user(&token).is_some();
        socket.send(known.to_string()).await?;
    }
    Ok(())
}

/// Two sockets of one user: the old one is told to leave.
#[ws_endpoint("/f2/single/{user}")]
async fn single(
    handshake: Handshake,
    Path(user): Path<u64>,
    State(users): State<Arc<DashMap<u64, CancellationToken>>>,
) -> sockeye::Result {
    let mine = CancellationToken::new();
    if let Some(old) = users.insert(user, mine.clone()) {
        old.cancel();
    }
    let users = Arc::clone(&users);
    let _leave = scopeguard::guard(mine.clone(), move |mine| {
        if mine.is_cancelled() {
            return;
        }
        users.remove(&user);
    });
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            () = mine.cancelled() => return socket.close(CloseCode::POLICY_VIOLATION, "you are elsewhere").await,
            message = socket.recv() => match message? {
                Some(message) => socket.send(message).await?,
                None => return Ok(()),
            },
        }
    }
}

/// Broadcast with lag: the client gets a snapshot again.
#[ws_endpoint("/f2/board")]
async fn board(
    handshake: Handshake<Json<(), BTreeMap<String, u64>>>,
    State(changes): State<broadcast::Sender<(String, u64)>>,
    State(board): State<Arc<RwLock<BTreeMap<String, u64>>>>,
) -> sockeye::Result {
    let mut changes = changes.subscribe();
    let mut socket = handshake.accept().await?;
    let all = board.read().await.clone();
    socket.send(all).await?;
    loop {
        let change = tokio::select! {
            change = changes.recv() => change,
            gone = socket.recv() => match gone? {
                Some(()) => continue,
                None => return Ok(()),
            },
        };
        match change {
            Ok(change) => socket.send(BTreeMap::from([change])).await?,
            Err(broadcast::error::RecvError::Lagged(_)) => {
                changes = changes.resubscribe();
                let all = board.read().await.clone();
                socket.send(all).await?;
            }
            Err(broadcast::error::RecvError::Closed) => break,
        }
    }
    socket.close(CloseCode::GOING_AWAY, "no more changes").await
}

/// Progress of one long job, from a task that ends with the connection.
#[ws_endpoint("/f2/job")]
async fn job(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let progress = sender.clone();
    sender.spawn(async move {
        for percent in (0..=100).step_by(5) {
            sleep(Duration::from_millis(200)).await;
            if progress.send(percent.to_string()).await.is_err() {
                return;
            }
        }
        let _ = progress.close(CloseCode::NORMAL, "done").await;
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// Rates: the client may ask ten times in a second.
struct Bucket {
    left: u32,
    since: Instant,
}

impl Bucket {
    fn take(&mut self) -> bool {
        if self.since.elapsed() > Duration::from_secs(1) {
            *self = Self { left: 10, since: Instant::now() };
        }
        let is_left = self.left > 0;
        self.left = self.left.saturating_sub(1);
        is_left
    }
}

/// A query a message, with a limit.
#[ws_endpoint("/f2/search")]
async fn search(handshake: Handshake, State(index): State<Arc<Vec<String>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut bucket = Bucket { left: 10, since: Instant::now() };
    while let Some(message) = socket.recv().await? {
        let Message::Text(query) = message else {
            socket.send("text only").await?;
            continue;
        };
        if !bucket.take() {
            socket.send("slow down").await?;
            continue;
        }
        let found: Vec<_> =
            index.iter().filter(|line| line.contains(&*query)).take(20).map(String::as_str).collect();
        for chunk in found.chunks(5) {
            socket.feed(chunk.join("\n")).await?;
        }
        socket.flush().await?;
    }
    Ok(())
}

/// The words of a message by number, checked.
#[ws_endpoint("/f2/words")]
async fn words(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(text) = message.as_text() else { continue };
        let words: Vec<&str> = text.split_whitespace().collect();
        let answer = match words.as_slice() {
            [] => "nothing".to_owned(),
            ["add", a, b] => match (a.parse::<i64>(), b.parse::<i64>()) {
                (Ok(a), Ok(b)) => a.saturating_add(b).to_string(),
                _ => "numbers, please".to_owned(),
            },
            ["first", ..] if words.len() > 1 => words[1].to_owned(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        socket.send(answer).await?;
    }
    Ok(())
}

/// Frames of video, the newest only.
#[ws_endpoint("/f2/video", max_message_size = "16 MiB")]
async fn video(handshake: Handshake, State(frames): State<watch::Receiver<Bytes>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut frames = frames.clone();
    let show = async {
        while frames.changed().await.is_ok() {
            let frame = frames.borrow_and_update().clone();
            sender.send(frame).await?;
        }
        sender.close(CloseCode::GOING_AWAY, "the camera is off").await
    };
    let mut show = pin!(show.fuse());
    loop {
        tokio::select! {
            shown = &mut show => return shown,
            message = receiver.recv() => {
                if message?.is_none() {
                    return Ok(());
                }
            }
        }
    }
}

/// A session with state and methods.
struct Session {
    socket: Socket,
    undo: VecDeque<String>,
    peer: Option<SocketAddr>,
}

impl Session {
    async fn run(mut self) -> sockeye::Result {
        while let Some(line) = self.next_line().await? {
            if !self.handle(line).await? {
                break;
            }
        }
        self.socket.close(CloseCode::NORMAL, "bye").await
    }

    async fn next_line(&mut self) -> sockeye::Result<Option<String>> {
        loop {
            match self.socket.recv().await? {
                Some(Message::Text(text)) => return Ok(Some(text.to_string())),
                Some(Message::Binary(_)) => self.socket.send("text, please").await?,
                None => return Ok(None),
            }
        }
    }

    async fn handle(&mut self, line: String) -> sockeye::Result<bool> {
        match line.as_str() {
            "quit" => return Ok(false),
            "undo" => {
                let last = self.undo.pop_back().unwrap_or_default();
                self.socket.send(last).await?;
            }
            _ => {
                if self.undo.len() == 100 {
                    self.undo.pop_front();
                }
                self.undo.push_back(line);
                self.socket.send(format!("{} steps", self.undo.len())).await?;
            }
        }
        Ok(true)
    }
}

/// An editor.
#[ws_endpoint("/f2/editor")]
async fn editor(handshake: Handshake) -> sockeye::Result {
    let peer = handshake.peer();
    let socket = handshake.accept().await?;
    Session { socket, undo: VecDeque::new(), peer }.run().await
}

/// With a closure for each direction.
#[ws_endpoint("/f2/closures")]
async fn closures(handshake: Handshake<Json<u32, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let describe = |number: u32| if number % 2 == 0 { "even" } else { "odd" };
    let sent = AtomicU64::new(0);
    let count = || sent.fetch_add(1, Ordering::Relaxed);
    while let Some(number) = socket.recv().await? {
        socket.send(describe(number).to_owned()).await?;
        if count() >= 1000 {
            return socket.close(CloseCode::POLICY_VIOLATION, "a thousand is enough").await;
        }
    }
    Ok(())
}

/// A slot of a semaphore for as long as it lasts.
#[ws_endpoint("/f2/slots")]
async fn slots(handshake: Handshake, State(slots): State<Arc<Semaphore>>) -> sockeye::Result {
    let Ok(_slot) = slots.clone().try_acquire_owned() else {
        return Err(handshake.reject(StatusCode::SERVICE_UNAVAILABLE, "full"));
    };
    let mut socket = handshake.accept().await?;
    let mut idle = pin!(sleep(Duration::from_secs(300)));
    loop {
        tokio::select! {
            () = &mut idle => return socket.close(CloseCode::POLICY_VIOLATION, "idle").await,
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                idle.as_mut().reset(time::Instant::now() + Duration::from_secs(300));
                socket.send(message).await?;
            }
        }
    }
}

/// All clients at once, each with a time limit of its own.
#[ws_endpoint("/f2/shout")]
async fn shout(
    handshake: Handshake,
    State(all): State<Arc<Mutex<HashMap<u64, mpsc::Sender<String>>>>>,
    State(next): State<Arc<AtomicU64>>,
) -> sockeye::Result {
    let (tx, mut rx) = mpsc::channel(32);
    let id = next.fetch_add(1, Ordering::Relaxed);
    let mut socket = handshake.accept().await?;
    all.lock().await.insert(id, tx);
    let talk = async {
        loop {
            tokio::select! {
                Some(text) = rx.recv() => socket.send(text).await?,
                message = socket.recv() => {
                    let Some(message) = message? else { return sockeye::Result::Ok(()) };
                    let Some(text) = message.as_text() else { continue };
                    let others: Vec<_> = all.lock().await.values().cloned().collect();
                    let sends = others.iter().map(|other| timeout(Duration::from_secs(1), other.send(text.to_owned())));
                    future::join_all(sends).await;
                }
            }
        }
    };
    let ended = talk.await;
    all.lock().await.remove(&id);
    ended
}

/// A stream of another crate, polled beside the client.
#[ws_endpoint("/f2/numbers")]
async fn numbers(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut numbers = pin!(stream::iter(0..1000u32).filter(|n| future::ready(n % 7 == 0)));
    loop {
        tokio::select! {
            number = numbers.next() => match number {
                Some(number) => socket.send(number.to_string()).await?,
                None => return socket.close(CloseCode::NORMAL, "all sent").await,
            },
            gone = socket.recv() => if gone?.is_none() { return Ok(()) },
        }
    }
}

/// Until the server is in maintenance.
#[ws_endpoint("/f2/maintenance")]
async fn maintenance(
    handshake: Handshake,
    State(down): State<Arc<AtomicBool>>,
    State(notify): State<Arc<Notify>>,
    Extension(name): Extension<String>,
    headers: HeaderMap,
) -> sockeye::Result {
    if down.load(Ordering::Acquire) {
        return Err(handshake.reject_with((
            StatusCode::SERVICE_UNAVAILABLE,
            [("retry-after", "60")],
            "back soon",
        )));
    }
    let language =
        headers.get("accept-language").and_then(|value| value.to_str().ok()).unwrap_or("en").to_owned();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let leave = notify.notified();
    let listen = async {
        while let Some(message) = receiver.recv().await? {
            let text = message.as_text().unwrap_or_default();
            sender.send(format!("{name} ({language}): {text}")).await?;
        }
        sockeye::Result::Ok(())
    };
    tokio::select! {
        ended = listen => ended?,
        () = leave => sender.close(CloseCode::SERVICE_RESTART, "maintenance").await?,
    }
    Ok(())
}
