//! Plain axum handlers as services have them.

use std::{
    collections::HashMap,
    net::SocketAddr,
    ops::ControlFlow,
    sync::{
        Arc, Mutex as StdMutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{
        ConnectInfo, Path, Query, State,
        ws::{self, CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use bytes::Bytes;
use futures_util::{
    SinkExt as _, StreamExt as _, TryStreamExt as _,
    stream::{SplitSink, SplitStream},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Mutex, RwLock, broadcast, mpsc, oneshot, watch},
    task::{JoinHandle, JoinSet},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

#[derive(Clone)]
struct App {
    events: broadcast::Sender<String>,
    users: Arc<RwLock<HashMap<u64, mpsc::Sender<Message>>>>,
    online: Arc<AtomicUsize>,
    stop: CancellationToken,
}

fn router(app: App) -> Router {
    Router::new()
        .route("/f2/chat", any(chat))
        .route("/f2/ticker", get(ticker))
        .route("/f2/proxy/{port}", get(proxy))
        .route(
            "/f2/inline",
            get(|ws: WebSocketUpgrade, State(app): State<App>, headers: HeaderMap| async move {
                if !is_ours(&headers) {
                    return StatusCode::FORBIDDEN.into_response();
                }
                ws.on_upgrade(move |socket| echo(socket, app.stop.clone()))
            }),
        )
        .with_state(app)
}

fn is_ours(headers: &HeaderMap) -> bool {
    headers.get(header::ORIGIN).is_none_or(|origin| origin == "https://app.example.com")
}

async fn echo(mut socket: WebSocket, stop: CancellationToken) {
    let mut ping = interval(Duration::from_secs(20));
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => {
                    if socket.send(Message::Text(text)).await.is_err() {
                        return;
                    }
                }
                Some(Ok(Message::Close(_))) | None => return,
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    tracing::debug!(%error, "gone");
                    return;
                }
            },
            _ = ping.tick() => {
                if socket.send(Message::Ping(Bytes::new())).await.is_err() {
                    return;
                }
            }
            () = stop.cancelled() => break,
        }
    }
    let frame = CloseFrame { code: close_code::AWAY, reason: Utf8Bytes::from_static("stopping") };
    let _ = socket.send(Message::Close(Some(frame))).await;
}

async fn chat(ws: WebSocketUpgrade, State(app): State<App>, headers: HeaderMap) -> Response {
    if !is_ours(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    ws.max_message_size(64 * 1024).on_upgrade(move |socket| chatting(socket, app))
}

/// Two tasks, and the first that ends aborts the other.
async fn chatting(socket: WebSocket, app: App) {
    let (mut sink, mut stream) = socket.split();
    let mut events = app.events.subscribe();
    let mut push: JoinHandle<()> = tokio::spawn(async move {
        loop {
            let event = match events.recv().await {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Lagged(missed)) => format!("{missed} messages were lost"),
                Err(broadcast::error::RecvError::Closed) => return,
            };
            if sink.send(Message::Text(event.into())).await.is_err() {
                return;
            }
        }
    });
    let events = app.events.clone();
    let mut pull = tokio::spawn(async move {
        while let Some(Ok(message)) = stream.next().await {
            match message {
                Message::Text(text) => _ = events.send(text.to_string()),
                Message::Close(_) => break,
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => {}
            }
        }
    });
    tokio::select! {
        _ = &mut push => pull.abort(),
        _ = &mut pull => push.abort(),
    }
}

async fn ticker(ws: WebSocketUpgrade, State(app): State<App>, headers: HeaderMap) -> impl IntoResponse {
    if !is_ours(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    ws.on_upgrade(|mut socket| async move {
        let mut tick = interval(Duration::from_secs(1));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let began = Instant::now();
        loop {
            tokio::select! {
                _ = tick.tick() => {
                    let text = began.elapsed().as_secs().to_string();
                    if socket.send(text.into()).await.is_err() {
                        break;
                    }
                }
                message = socket.recv() => match message {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    Some(Ok(_)) => {}
                },
                () = app.stop.cancelled() => break,
            }
        }
    })
}

async fn proxy(
    ws: WebSocketUpgrade,
    Path(port): Path<u16>,
    headers: HeaderMap,
) -> Result<Response, StatusCode> {
    if !is_ours(&headers) {
        return Err(StatusCode::FORBIDDEN);
    }
    let upstream = timeout(Duration::from_secs(2), TcpStream::connect(("127.0.0.1", port)))
        .await
        .map_err(|_| StatusCode::GATEWAY_TIMEOUT)?
        .map_err(|_| StatusCode::BAD_GATEWAY)?;
    Ok(ws.on_upgrade(move |socket| async move {
        if let Err(error) = pump(socket, upstream).await {
            tracing::debug!(%error, "the proxy ended");
        }
    }))
}

async fn pump(
    socket: WebSocket,
    upstream: TcpStream,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (mut sink, mut stream) = socket.split();
    let (mut from, mut to) = upstream.into_split();
    let up = async {
        while let Some(message) = stream.try_next().await? {
            match message {
                Message::Binary(bytes) => to.write_all(&bytes).await?,
                Message::Text(text) => to.write_all(text.as_bytes()).await?,
                Message::Close(_) => break,
                _ => {}
            }
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    let down = async {
        let mut buffer = [0; 8192];
        loop {
            let read = from.read(&mut buffer).await?;
            if read == 0 {
                sink.close().await?;
                return Ok(());
            }
            sink.send(Message::Binary(Bytes::copy_from_slice(&buffer[..read]))).await?;
        }
    };
    tokio::select! {
        ended = up => ended,
        ended = down => ended,
    }
}

/// A peer behind a trait, so that tests need no socket.
trait Peer: Send {
    fn say(&mut self, text: String) -> impl Future<Output = Result<(), axum::Error>> + Send;
    fn hear(&mut self) -> impl Future<Output = Option<String>> + Send;
}

struct WsPeer(WebSocket);

impl Peer for WsPeer {
    async fn say(&mut self, text: String) -> Result<(), axum::Error> {
        self.0.send(Message::text(text)).await
    }

    async fn hear(&mut self) -> Option<String> {
        loop {
            match self.0.recv().await? {
                Ok(Message::Text(text)) => return Some(text.to_string()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => continue,
            }
        }
    }
}

async fn greet(mut peer: impl Peer) -> Result<(), axum::Error> {
    while let Some(name) = peer.hear().await {
        peer.say(format!("hello, {name}")).await?;
    }
    Ok(())
}

async fn greeting(ws: WebSocketUpgrade, headers: HeaderMap) -> Response {
    if !is_ours(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    ws.on_upgrade(|socket| async {
        let _ = greet(WsPeer(socket)).await;
    })
}

/// JSON in and out, generic over both.
async fn next_json<T: DeserializeOwned>(
    stream: &mut SplitStream<WebSocket>,
) -> Option<Result<T, serde_json::Error>> {
    loop {
        let message = stream.next().await?.ok()?;
        return match message {
            Message::Text(text) => Some(serde_json::from_str(&text)),
            Message::Binary(bytes) => Some(serde_json::from_slice(&bytes)),
            Message::Close(_) => None,
            Message::Ping(_) | Message::Pong(_) => continue,
        };
    }
}

async fn send_json(
    sink: &mut SplitSink<WebSocket, Message>,
    value: &impl Serialize,
) -> Result<(), axum::Error> {
    let text = serde_json::to_string(value).map_err(axum::Error::new)?;
    sink.send(Message::Text(text.into())).await
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
enum Op {
    Add { a: i64, b: i64 },
    Neg { a: i64 },
}

async fn calculator(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    while let Some(op) = next_json::<Op>(&mut stream).await {
        let answer = match op {
            Ok(Op::Add { a, b }) => a.checked_add(b).ok_or("overflow".to_owned()),
            Ok(Op::Neg { a }) => a.checked_neg().ok_or("overflow".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        if send_json(&mut sink, &answer).await.is_err() {
            break;
        }
    }
}

/// The example of axum, with `ControlFlow`.
fn process(message: Message, who: SocketAddr) -> ControlFlow<(), ()> {
    match message {
        Message::Text(text) => tracing::info!(%who, length = text.len(), "text"),
        Message::Binary(bytes) => tracing::info!(%who, length = bytes.len(), "bytes"),
        Message::Close(frame) => {
            tracing::info!(%who, ?frame, "close");
            return ControlFlow::Break(());
        }
        Message::Ping(_) | Message::Pong(_) => {}
    }
    ControlFlow::Continue(())
}

async fn listening(mut socket: WebSocket, who: SocketAddr) {
    while let Some(Ok(message)) = socket.recv().await {
        if process(message, who).is_break() {
            break;
        }
    }
}

/// A registry whose entry goes with a guard.
struct Online(Arc<AtomicUsize>);

impl Online {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Online {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn counted(mut socket: WebSocket, app: App) -> Result<(), axum::Error> {
    let _online = Online::new(&app.online);
    while let Some(message) = socket.recv().await.transpose()? {
        if let Message::Text(_) = message {
            let online = app.online.load(Ordering::SeqCst);
            socket.send(Message::text(online.to_string())).await?;
        }
    }
    Ok(())
}

/// Users by number; each has a writer with a queue.
async fn user(socket: WebSocket, id: u64, app: App) {
    let (mut sink, mut stream) = socket.split();
    let (tx, mut rx) = mpsc::channel::<Message>(64);
    app.users.write().await.insert(id, tx.clone());
    let writer = tokio::spawn(async move {
        while let Some(message) = rx.recv().await {
            if sink.send(message).await.is_err() {
                break;
            }
        }
        let _ = sink.close().await;
    });
    while let Some(Ok(message)) = stream.next().await {
        let Message::Text(text) = message else { continue };
        let Some((to, text)) = text.split_once(' ') else { continue };
        let Ok(to) = to.parse::<u64>() else { continue };
        let target = app.users.read().await.get(&to).cloned();
        match target {
            Some(target) => _ = target.try_send(Message::text(text)),
            None => _ = tx.try_send(Message::text("no such user")),
        }
    }
    app.users.write().await.remove(&id);
    drop(tx);
    if timeout(Duration::from_secs(5), writer).await.is_err() {
        tracing::warn!(id, "the writer hangs");
    }
}

/// A pong has to come within a minute.
async fn alive(mut socket: WebSocket) {
    let mut ping = interval(Duration::from_secs(20));
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            _ = ping.tick() => {
                if heard.elapsed() > Duration::from_secs(60) || socket.send(Message::Ping(Bytes::new())).await.is_err() {
                    break;
                }
            }
            message = socket.next() => {
                let Some(Ok(message)) = message else { break };
                heard = Instant::now();
                if let Message::Text(text) = message {
                    if socket.send(Message::Text(text)).await.is_err() { break }
                }
            }
        }
    }
}

#[derive(Deserialize)]
struct Ticket {
    ticket: String,
}

/// A ticket in the query, which only our own page gets.
async fn ticketed(
    ws: WebSocketUpgrade,
    Query(ticket): Query<Ticket>,
    State(tickets): State<Arc<StdMutex<HashMap<String, u64>>>>,
) -> Response {
    let user = tickets.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).remove(&ticket.ticket);
    let Some(user) = user else { return StatusCode::UNAUTHORIZED.into_response() };
    ws.protocols(["v2", "v1"]).on_failed_upgrade(|error| tracing::warn!(%error, "not upgraded")).on_upgrade(
        move |socket| async move {
            let v2 = socket.protocol().is_some_and(|protocol| protocol == "v2");
            serve(socket, user, v2).await;
        },
    )
}

async fn serve(mut socket: WebSocket, user: u64, v2: bool) {
    let hello = if v2 { format!(r#"{{"user":{user}}}"#) } else { user.to_string() };
    if socket.send(Message::text(hello)).await.is_err() {
        return;
    }
    while let Some(message) = socket.recv().await {
        let Ok(message) = message else { return };
        if matches!(message, Message::Close(_)) {
            return;
        }
    }
}

/// Login in the first message, with a deadline.
async fn logged_in(mut socket: WebSocket, secret: Arc<str>) {
    let first = timeout(Duration::from_secs(10), socket.recv()).await;
    let Ok(Some(Ok(Message::Text(token)))) = first else {
        let _ = socket.send(Message::Close(None)).await;
        return;
    };
    if token.as_str() != &*secret {
        let _ =
            socket.send(Message::Close(Some(CloseFrame { code: 4401, reason: "unauthorized".into() }))).await;
        return;
    }
    while let Some(Ok(message)) = socket.recv().await {
        if let Message::Text(text) = message
            && socket.send(Message::Text(text)).await.is_err()
        {
            return;
        }
    }
}

/// A JoinSet ends all of its tasks when it is dropped.
async fn joined(socket: WebSocket, app: App) {
    let (mut sink, mut stream) = socket.split();
    let mut tasks = JoinSet::new();
    let mut events = app.events.subscribe();
    tasks.spawn(async move {
        loop {
            match events.recv().await {
                Ok(event) => {
                    if sink.send(Message::text(event)).await.is_err() {
                        break;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
    });
    tasks.spawn(async move {
        while let Some(Ok(message)) = stream.next().await {
            if let Message::Close(_) = message {
                break;
            }
        }
    });
    tasks.join_next().await;
    tasks.shutdown().await;
}

/// A game loop at twenty frames a second.
#[derive(Default, Clone, Copy, Serialize)]
struct Ship {
    x: f32,
    y: f32,
    vx: f32,
    vy: f32,
}

#[derive(Deserialize)]
struct Thrust {
    x: f32,
    y: f32,
}

async fn fly(mut socket: WebSocket) {
    let mut ship = Ship::default();
    let mut frames = interval(Duration::from_millis(50));
    frames.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            biased;
            message = socket.recv() => {
                let text = match message {
                    Some(Ok(Message::Text(text))) => text,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    Some(Ok(_)) => continue,
                };
                match serde_json::from_str::<Thrust>(&text) {
                    Ok(thrust) => {
                        ship.vx = (ship.vx + thrust.x).clamp(-1.0, 1.0);
                        ship.vy = (ship.vy + thrust.y).clamp(-1.0, 1.0);
                    }
                    Err(error) => {
                        if socket.send(Message::text(error.to_string())).await.is_err() {
                            break;
                        }
                    }
                }
            }
            _ = frames.tick() => {
                ship.x += ship.vx;
                ship.y += ship.vy;
                let Ok(text) = serde_json::to_string(&ship) else { break };
                if socket.send(Message::text(text)).await.is_err() {
                    break;
                }
            }
        }
    }
}

/// A dashboard: a watch beside the client's messages.
async fn status(mut socket: WebSocket, mut state: watch::Receiver<String>) {
    loop {
        let text = state.borrow_and_update().clone();
        if socket.send(Message::text(text)).await.is_err() {
            return;
        }
        loop {
            tokio::select! {
                changed = state.changed() => {
                    if changed.is_err() { return }
                    break;
                }
                message = socket.recv() => match message {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
            }
        }
    }
}

/// One answer for each question, and a stream of parts for the long ones, in a task.
async fn assistant(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(Mutex::new(sink));
    let mut running: Option<JoinHandle<()>> = None;
    while let Some(Ok(message)) = stream.next().await {
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => break,
            _ => continue,
        };
        if let Some(running) = running.take() {
            running.abort();
        }
        if text.as_str() == "stop" {
            continue;
        }
        let sink = Arc::clone(&sink);
        running = Some(tokio::spawn(async move {
            for word in text.split(' ') {
                sleep(Duration::from_millis(50)).await;
                if sink.lock().await.send(Message::text(word)).await.is_err() {
                    return;
                }
            }
        }));
    }
    if let Some(running) = running {
        running.abort();
    }
}

/// All clients of a room: a copy of the list, and no waiting.
async fn room(socket: WebSocket, app: App, id: u64) {
    let (tx, mut rx) = mpsc::channel(16);
    app.users.write().await.insert(id, tx);
    let (mut sink, mut stream) = socket.split();
    let deliver = async {
        while let Some(message) = rx.recv().await {
            sink.send(message).await?;
        }
        Ok::<_, axum::Error>(())
    };
    let receive = async {
        while let Some(message) = stream.try_next().await? {
            if let Message::Text(_) = &message {
                for user in app.users.read().await.values() {
                    let _ = user.try_send(message.clone());
                }
            }
        }
        Ok::<_, axum::Error>(())
    };
    tokio::select! {
        _ = deliver => {}
        _ = receive => {}
    }
    app.users.write().await.remove(&id);
}

/// A request of the server to the client, with an answer.
async fn asks(mut socket: WebSocket, mut questions: mpsc::Receiver<(String, oneshot::Sender<String>)>) {
    while let Some((question, answer)) = questions.recv().await {
        if socket.send(Message::text(question)).await.is_err() {
            return;
        }
        let reply = loop {
            match timeout(Duration::from_secs(30), socket.recv()).await {
                Ok(Some(Ok(Message::Text(text)))) => break text,
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_)))) => {}
                Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) | Err(_) => return,
            }
        };
        let _ = answer.send(reply.to_string());
    }
}
