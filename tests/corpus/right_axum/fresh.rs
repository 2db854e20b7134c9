//! Plain axum, as many hands write it. The check of `Origin` is `trusted`.

use std::{
    collections::{BTreeMap, HashMap},
    ops::ControlFlow::{self, Break, Continue},
    sync::{
        Arc, Mutex as StdMutex,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{
        Path, Query, State,
        ws::{self, CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use futures_util::{
    Sink, SinkExt, Stream, StreamExt, TryStreamExt as _,
    future::{self, Either},
    pin_mut,
    stream::{SplitSink, SplitStream},
};
use serde::{Deserialize, Serialize};
use tokio::{
    select,
    sync::{Mutex, RwLock, broadcast, mpsc, watch},
    task::{AbortHandle, JoinHandle, JoinSet},
    time::{Instant, interval, sleep, timeout},
};

type Out = SplitSink<WebSocket, Message>;
type In = SplitStream<WebSocket>;
type Rooms = Arc<Mutex<HashMap<String, broadcast::Sender<String>>>>;

fn trusted(headers: &HeaderMap) -> Result<(), StatusCode> {
    match headers.get(header::ORIGIN).map(|origin| origin.as_bytes()) {
        None | Some(b"https://app.example.com") => Ok(()),
        Some(_) => Err(StatusCode::FORBIDDEN),
    }
}

#[derive(Clone, Default)]
struct App {
    rooms: Rooms,
    online: Arc<AtomicUsize>,
}

fn app() -> Router {
    Router::new()
        .route("/chat/{room}", any(chat_upgrade))
        .route(
            "/clock",
            get(|ws: WebSocketUpgrade, headers: HeaderMap| async move {
                trusted(&headers)?;
                Ok::<_, StatusCode>(ws.on_upgrade(clock))
            }),
        )
        .with_state(App::default())
}

async fn chat_upgrade(
    ws: WebSocketUpgrade,
    headers: HeaderMap,
    Path(room): Path<String>,
    State(app): State<App>,
) -> Response {
    if let Err(status) = trusted(&headers) {
        return status.into_response();
    }
    ws.max_message_size(64 * 1024).on_failed_upgrade(|error| tracing::warn!(%error, "no upgrade")).on_upgrade(
        move |socket| async move {
            let _here = Here::new(app.online.clone());
            chat(socket, room, app.rooms).await;
        },
    )
}

struct Here(Arc<AtomicUsize>);

impl Here {
    fn new(count: Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Here(count)
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The chat of axum's examples, with what is lost said aloud.
async fn chat(socket: WebSocket, room: String, rooms: Rooms) {
    let (mut sink, mut stream) = socket.split();
    let tx = rooms.lock().await.entry(room).or_insert_with(|| broadcast::channel(64).0).clone();
    let mut rx = tx.subscribe();
    let mut send_task = tokio::spawn(async move {
        loop {
            let text = match rx.recv().await {
                Ok(text) => text,
                Err(broadcast::error::RecvError::Lagged(n)) => format!("{n} messages lost"),
                Err(broadcast::error::RecvError::Closed) => break,
            };
            if sink.send(Message::text(text)).await.is_err() {
                break;
            }
        }
    });
    let mut recv_task = tokio::spawn(async move {
        while let Some(Ok(message)) = stream.next().await {
            match message {
                Message::Text(text) => {
                    let _ = tx.send(text.to_string());
                }
                Message::Close(_) => break,
                _ => {}
            }
        }
    });
    tokio::select! {
        _ = &mut send_task => recv_task.abort(),
        _ = &mut recv_task => send_task.abort(),
    }
}

/// Ticks until the client leaves; what it says is read.
async fn clock(mut socket: WebSocket) {
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        select! {
            now = ticks.tick() => {
                if socket.send(Message::text(format!("{now:?}"))).await.is_err() {
                    return;
                }
            }
            message = socket.recv() => match message {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
}

/// One socket in a struct, with methods for each step.
struct Peer {
    ws: WebSocket,
    last: Instant,
}

impl Peer {
    async fn next(&mut self) -> Option<Message> {
        let message = self.ws.recv().await?.ok()?;
        self.last = Instant::now();
        Some(message)
    }

    async fn say(&mut self, text: impl Into<String>) -> Result<(), axum::Error> {
        self.ws.send(Message::Text(text.into().into())).await
    }

    async fn serve(mut self) {
        while let Some(message) = self.next().await {
            let reply = match message {
                Message::Text(text) => text.to_uppercase(),
                Message::Binary(bytes) => bytes.len().to_string(),
                Message::Close(_) => return,
                Message::Ping(_) | Message::Pong(_) => continue,
            };
            if self.say(reply).await.is_err() {
                return;
            }
        }
    }
}

async fn in_struct(ws: WebSocketUpgrade, headers: HeaderMap) -> Result<Response, StatusCode> {
    trusted(&headers)?;
    Ok(ws.on_upgrade(|ws| Peer { ws, last: Instant::now() }.serve()))
}

/// A heartbeat: ping each half minute, and an end when nothing came back.
async fn heartbeat(socket: WebSocket) {
    let (mut out, mut inn) = socket.split();
    let mut beat = interval(Duration::from_secs(30));
    let mut heard = true;
    loop {
        select! {
            _ = beat.tick() => {
                if !heard || out.send(Message::Ping(Bytes::new())).await.is_err() {
                    break;
                }
                heard = false;
            }
            got = inn.next() => {
                heard = true;
                match got {
                    Some(Ok(Message::Text(text))) => {
                        if let Err(error) = out.send(Message::Text(text)).await {
                            tracing::debug!(%error, "gone");
                            break;
                        }
                    }
                    Some(Ok(Message::Close(frame))) => {
                        tracing::debug!(?frame, "closed");
                        break;
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => {
                        tracing::debug!(%error, "lost");
                        break;
                    }
                    None => break,
                }
            }
        }
    }
}

/// The reading half ends the writing task through its channel, and waits for it.
async fn channelled(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let (tx, mut rx) = mpsc::channel::<Message>(32);
    let writer = tokio::spawn(async move {
        while let Some(message) = rx.recv().await {
            if sink.send(message).await.is_err() {
                break;
            }
        }
        let _ = sink.close().await;
    });
    while let Some(Ok(message)) = stream.next().await {
        if let Message::Text(text) = message {
            if tx.send(Message::Text(text)).await.is_err() {
                break;
            }
        }
    }
    drop(tx);
    let _ = writer.await;
}

/// Registered after the upgrade, removed behind one inner function that may fail.
async fn registered(socket: WebSocket, peers: Arc<RwLock<BTreeMap<u64, mpsc::Sender<Message>>>>, id: u64) {
    let (tx, rx) = mpsc::channel(8);
    peers.write().await.insert(id, tx);
    if let Err(error) = serve_registered(socket, rx).await {
        tracing::warn!(id, %error, "conversation failed");
    }
    peers.write().await.remove(&id);
}

async fn serve_registered(mut socket: WebSocket, mut rx: mpsc::Receiver<Message>) -> Result<(), axum::Error> {
    socket.send(Message::text("welcome")).await?;
    loop {
        select! {
            Some(message) = rx.recv() => socket.send(message).await?,
            message = socket.recv() => match message.transpose()? {
                Some(Message::Close(_)) | None => return Ok(()),
                Some(_) => {}
            },
        }
    }
}

/// The list is copied, the lock is gone, and slow clients are left out.
async fn fan_out(peers: &RwLock<BTreeMap<u64, mpsc::Sender<Message>>>, text: &str) {
    let all: Vec<(u64, mpsc::Sender<Message>)> =
        peers.read().await.iter().map(|(id, tx)| (*id, tx.clone())).collect();
    let mut dead = Vec::new();
    for (id, tx) in all {
        if let Err(mpsc::error::TrySendError::Closed(_)) = tx.try_send(Message::text(text)) {
            dead.push(id);
        }
    }
    if !dead.is_empty() {
        let mut peers = peers.write().await;
        for id in dead {
            peers.remove(&id);
        }
    }
}

async fn speaks_to_all(mut socket: WebSocket, peers: Arc<RwLock<BTreeMap<u64, mpsc::Sender<Message>>>>) {
    while let Some(Ok(message)) = socket.recv().await {
        if let Ok(text) = message.to_text() {
            fan_out(&peers, text).await;
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "t")]
enum Command {
    Move { x: usize, y: usize },
    Say { text: String },
}

#[derive(Serialize)]
struct Reply<'a> {
    ok: bool,
    why: &'a str,
}

/// What a client sends is parsed, compared, and only then used as an index.
async fn game(mut socket: WebSocket) {
    let mut board = vec![vec![0_u8; 8]; 8];
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        let reply = match serde_json::from_str::<Command>(&text) {
            Ok(Command::Move { x, y }) if x < 8 && y < 8 => {
                board[y][x] += 1;
                Reply { ok: true, why: "" }
            }
            Ok(Command::Move { .. }) => Reply { ok: false, why: "off the board" },
            Ok(Command::Say { text }) if text.is_empty() => Reply { ok: false, why: "say something" },
            Ok(Command::Say { .. }) => Reply { ok: true, why: "" },
            Err(error) => {
                tracing::debug!(%error, "not a command");
                Reply { ok: false, why: "not a command" }
            }
        };
        let text = serde_json::to_string(&reply).expect("a reply is always JSON");
        if socket.send(Message::Text(text.into())).await.is_err() {
            return;
        }
    }
}

/// The token is checked in the first message, with a deadline.
async fn login(mut socket: WebSocket) {
    let first = match timeout(Duration::from_secs(5), socket.recv()).await {
        Ok(Some(Ok(Message::Text(text)))) => text,
        Ok(Some(Ok(_))) => {
            let frame = CloseFrame { code: close_code::UNSUPPORTED, reason: "text, please".into() };
            let _ = socket.send(Message::Close(Some(frame))).await;
            return;
        }
        Ok(_) | Err(_) => return,
    };
    if first.as_str() != "open sesame" {
        let frame = CloseFrame { code: close_code::POLICY, reason: "no".into() };
        let _ = socket.send(Message::Close(Some(frame))).await;
        return;
    }
    echo(socket).await;
}

async fn echo(mut socket: ws::WebSocket) {
    while let Some(message) = socket.recv().await {
        let Ok(message) = message else { break };
        let Ok(()) = socket.send(message).await else { break };
    }
}

/// `forward` with a stream of replies.
async fn forwarding(socket: WebSocket) {
    let (sink, stream) = socket.split();
    let replies = stream
        .try_filter(|message| future::ready(matches!(message, Message::Text(_))))
        .map_ok(|message| Message::text(message.to_text().unwrap_or_default().to_lowercase()));
    if let Err(error) = replies.forward(sink).await {
        tracing::info!(%error, "ended");
    }
}

/// For any sink and stream.
async fn bridge<S, R, E>(mut sink: S, mut stream: R) -> Result<(), E>
where
    S: Sink<Message, Error = E> + Unpin,
    R: Stream<Item = Result<Message, E>> + Unpin,
{
    while let Some(message) = stream.try_next().await? {
        if let Message::Close(_) = message {
            break;
        }
        sink.send(message).await?;
    }
    sink.close().await
}

async fn bridged(socket: WebSocket) {
    let (sink, stream) = socket.split();
    let _ = bridge(sink, stream).await;
}

/// The older of two futures, without `select!`.
async fn either(mut socket: WebSocket, mut config: watch::Receiver<String>) {
    loop {
        let out = {
            let change = config.changed();
            let message = socket.recv();
            pin_mut!(change, message);
            match future::select(change, message).await {
                Either::Left((Ok(()), _)) => None,
                Either::Left((Err(_), _)) => return,
                Either::Right((Some(Ok(message)), _)) => Some(message),
                Either::Right((_, _)) => return,
            }
        };
        let out = out.unwrap_or_else(|| Message::text(config.borrow().clone()));
        if socket.send(out).await.is_err() {
            return;
        }
    }
}

/// All tasks are in a set, the first that ends takes the others with it.
async fn set(socket: WebSocket, feed: broadcast::Sender<String>) {
    let (mut sink, mut stream) = socket.split();
    let mut rx = feed.subscribe();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            match rx.recv().await {
                Ok(text) => {
                    if sink.send(Message::text(text)).await.is_err() {
                        return;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    });
    tasks.spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
    tasks.join_next().await;
    tasks.abort_all();
}

/// A handle that is aborted by its guard.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn guarded(socket: WebSocket) {
    let (out, mut inn) = socket.split();
    let out = Arc::new(Mutex::new(out));
    let pinging = tokio::spawn(ping(Arc::clone(&out)));
    let _guard = AbortOnDrop(pinging.abort_handle());
    while let Some(Ok(message)) = inn.next().await {
        match message {
            Message::Text(text) => {
                if out.lock().await.send(Message::Text(text)).await.is_err() {
                    return;
                }
            }
            Message::Close(_) => return,
            _ => {}
        }
    }
}

async fn ping(out: Arc<Mutex<Out>>) {
    let mut every = interval(Duration::from_secs(20));
    loop {
        every.tick().await;
        if out.lock().await.send(Message::Ping(vec![].into())).await.is_err() {
            break;
        }
    }
}

/// The state of the connection decides what comes next.
async fn steps(mut socket: WebSocket) {
    let mut step = 0_u32;
    while let Some(Ok(message)) = socket.recv().await {
        match process(step, &message) {
            Continue(next) => step = next,
            Break(reason) => {
                let frame = CloseFrame { code: close_code::NORMAL, reason: reason.into() };
                let _ = socket.send(Message::Close(Some(frame))).await;
                break;
            }
        }
    }
}

fn process(step: u32, message: &Message) -> ControlFlow<&'static str, u32> {
    match message {
        Message::Text(text) if text.as_str() == "bye" => Break("bye"),
        Message::Text(_) | Message::Binary(_) => Continue(step + 1),
        Message::Ping(_) | Message::Pong(_) => Continue(step),
        Message::Close(_) => Break("closed"),
    }
}

/// A download: a finite loop, then a close; what the client says is read to its end.
async fn download(mut socket: WebSocket) {
    for part in 0..16_u8 {
        if socket.send(Message::binary(vec![part; 1024])).await.is_err() {
            return;
        }
    }
    if socket.send(Message::Close(None)).await.is_ok() {
        while let Some(Ok(_)) = socket.recv().await {}
    }
}

/// Answers beside the reading: a bounded channel between, one task, awaited at the end.
async fn answers(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let (jobs, mut work) = mpsc::channel::<String>(4);
    let worker: JoinHandle<Result<(), axum::Error>> = tokio::spawn(async move {
        while let Some(job) = work.recv().await {
            sleep(Duration::from_secs(2)).await;
            sink.send(Message::text(format!("done: {job}"))).await?;
        }
        Ok(())
    });
    while let Some(Ok(message)) = stream.next().await {
        let Message::Text(job) = message else { continue };
        match jobs.try_send(job.to_string()) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => tracing::warn!("a client asks too much"),
            Err(mpsc::error::TrySendError::Closed(_)) => break,
        }
    }
    drop(jobs);
    match worker.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "gone"),
        Err(error) => tracing::error!(%error, "the worker panicked"),
    }
}

/// A flag that both tasks look at, and a select on both handles.
async fn flagged(socket: WebSocket, level: Arc<AtomicI64>) {
    let (mut sink, mut stream) = socket.split();
    let alive = Arc::new(AtomicBool::new(true));
    let seen = alive.clone();
    let mut push = tokio::spawn(async move {
        while seen.swap(false, Ordering::Relaxed) {
            let now = level.load(Ordering::Relaxed);
            if sink.send(Message::text(now.to_string())).await.is_err() {
                break;
            }
            sleep(Duration::from_secs(20)).await;
        }
    });
    loop {
        select! {
            _ = &mut push => break,
            message = stream.next() => match message {
                Some(Ok(_)) => alive.store(true, Ordering::Relaxed),
                _ => {
                    push.abort();
                    break;
                }
            },
        }
    }
}

/// A scope for the lock of std, then the await.
async fn scores(mut socket: WebSocket, table: Arc<StdMutex<HashMap<String, u32>>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let Ok(name) = message.into_text() else { continue };
        let reply = {
            let table = table.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            table.get(name.as_str()).map_or_else(|| "unknown".to_owned(), u32::to_string)
        };
        if socket.send(Message::text(reply)).await.is_err() {
            break;
        }
    }
}

#[derive(Deserialize)]
struct Params {
    token: String,
    room: Option<String>,
}

/// A token in the query is what no foreign page has; it is never logged.
async fn by_token(ws: WebSocketUpgrade, Query(params): Query<Params>) -> Response {
    if !is_valid(&params.token).await {
        tracing::warn!(room = ?params.room, "refused");
        return StatusCode::UNAUTHORIZED.into_response();
    }
    tracing::info!(room = ?params.room, "connected");
    ws.on_upgrade(echo)
}

async fn is_valid(token: &str) -> bool {
    token.len() == 40
}

/// `axum 0.7`: `Message::Text(String)` is what `into` makes of it.
async fn older(mut socket: WebSocket) {
    loop {
        let message = if let Some(Ok(message)) = socket.recv().await { message } else { return };
        match message {
            Message::Text(text) => {
                if socket.send(Message::Text(format!("you said {text}").into())).await.is_err() {
                    return;
                }
            }
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => (),
            Message::Close(close) => {
                if let Some(CloseFrame { code, reason }) = close {
                    tracing::info!(code, %reason, "closed");
                }
                return;
            }
        }
    }
}

/// Boxed halves behind an enum of events.
enum Event {
    Said(String),
    Tick,
    Gone,
}

async fn next_event(stream: &mut In, ticks: &mut tokio::time::Interval) -> Event {
    select! {
        _ = ticks.tick() => Event::Tick,
        message = stream.next() => match message {
            Some(Ok(Message::Text(text))) => Event::Said(text.to_string()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Event::Gone,
            Some(Ok(_)) => Event::Said(String::new()),
        },
    }
}

async fn events(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let mut ticks = interval(Duration::from_secs(3));
    loop {
        let out = match next_event(&mut stream, &mut ticks).await {
            Event::Said(text) => text,
            Event::Tick => "tick".into(),
            Event::Gone => break,
        };
        if sink.send(Message::text(out)).await.is_err() {
            break;
        }
    }
}

/// The heartbeat has a task of its own, which tells the reader that it has given up.
async fn pulse(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let (heard, lost) = (Arc::new(AtomicBool::new(true)), Arc::new(tokio::sync::Notify::new()));
    let (ours, gave_up) = (heard.clone(), lost.clone());
    tokio::spawn(async move {
        loop {
            sleep(Duration::from_secs(20)).await;
            if !ours.swap(false, Ordering::Relaxed) {
                gave_up.notify_one();
                break;
            }
            if sink.send(Message::Ping(Bytes::new())).await.is_err() {
                break;
            }
        }
    });
    loop {
        select! {
            () = lost.notified() => break,
            message = stream.next() => match message {
                Some(Ok(Message::Pong(_))) => heard.store(true, Ordering::Relaxed),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            },
        }
    }
}

/// A reading task that nobody keeps: the writer closes when it has said everything.
async fn report(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    tokio::spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
    for step in 0..10 {
        sleep(Duration::from_millis(500)).await;
        if sink.send(Message::text(step.to_string())).await.is_err() {
            return;
        }
    }
    let _ = sink.send(Message::Close(None)).await;
}

/// A reading task that nobody keeps: the writer goes on until the client has left.
async fn measures(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    tokio::spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        if sink.send(Message::text("tick")).await.is_err() {
            return;
        }
    }
}

/// The answer has a few parts, which are there already.
async fn parts(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        for word in text.split(' ') {
            if socket.send(Message::text(word)).await.is_err() {
                return;
            }
        }
    }
}

/// An answer in parts, while the client is heard.
async fn streams(mut socket: WebSocket, model: mpsc::Sender<(String, mpsc::Sender<String>)>) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(prompt) = message else { continue };
        let (to, mut tokens) = mpsc::channel(8);
        if model.send((prompt.to_string(), to)).await.is_err() {
            return;
        }
        loop {
            select! {
                token = tokens.recv() => match token {
                    Some(token) => if socket.send(Message::text(token)).await.is_err() { return },
                    None => break,
                },
                message = socket.recv() => match message {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
            }
        }
    }
}

/// A step of a session that is lent the socket: it ends, and its caller receives again.
async fn replay(socket: &mut WebSocket, history: &mut mpsc::Receiver<String>) -> Result<(), axum::Error> {
    loop {
        match history.recv().await {
            Some(line) => socket.send(Message::text(line)).await?,
            None => return Ok(()),
        }
    }
}

async fn replays(mut socket: WebSocket, mut history: mpsc::Receiver<String>) {
    if replay(&mut socket, &mut history).await.is_ok() {
        echo(socket).await;
    }
}

/// Answers go through a queue without a limit, which only this loop fills: each round takes one message and what it led to.
async fn own_queue(mut socket: WebSocket) {
    let (tx, mut rx) = mpsc::unbounded_channel::<String>();
    loop {
        select! {
            Some(line) = rx.recv() => {
                if socket.send(Message::text(line)).await.is_err() {
                    break;
                }
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => answer(&tx, &text).await,
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
        }
    }
}

async fn answer(to: &mpsc::UnboundedSender<String>, text: &str) {
    let _ = to.send(text.to_uppercase());
}

/// The first message has to be binary; pings may come before.
async fn preamble(stream: &mut In) -> Option<Bytes> {
    loop {
        match stream.next().await {
            Some(Ok(Message::Binary(bytes))) => {
                if bytes.len() > 64 {
                    return None;
                }
                return Some(bytes);
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            _ => return None,
        }
    }
}
