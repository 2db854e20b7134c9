//! Plain axum, with the mistakes of every rule, as many hands make them. `trusted` checks `Origin`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, atomic::{AtomicBool, AtomicUsize, Ordering}},
    time::Duration,
};

use axum::{
    extract::{Path, Query, State, WebSocketUpgrade, ws::{Message, WebSocket}},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use dashmap::DashMap;
use futures_util::{SinkExt, StreamExt, stream::{SplitSink, SplitStream}};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines},
    net::TcpStream,
    process::Command,
    sync::{Mutex, RwLock, broadcast, watch, mpsc::{self, UnboundedReceiver, UnboundedSender}},
    time::{interval, sleep, timeout},
};
use tracing::{error, info};

fn trusted(headers: &HeaderMap) -> bool {
    headers.get(header::ORIGIN).is_none_or(|origin| origin == "https://app.example.com")
}

async fn upgrade(ws: WebSocketUpgrade, headers: HeaderMap, State(app): State<Arc<App>>) -> Response {
    if !trusted(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    app.online.fetch_add(1, Ordering::Relaxed); //~ skipped_cleanup
    ws.on_upgrade(move |socket| async move {
        echo(socket).await;
        app.online.fetch_sub(1, Ordering::Relaxed);
    })
}

struct App {
    online: AtomicUsize,
    clients: Mutex<HashMap<u64, UnboundedSender<Message>>>,
    feed: broadcast::Sender<String>,
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// axum's example of a chat, with what is wrong with it.
async fn chat(socket: WebSocket, app: Arc<App>) {
    let (mut sender, mut receiver) = socket.split();
    let mut rx = app.feed.subscribe();
    let mut send_task = tokio::spawn(async move {
        while let Ok(msg) = rx.recv().await { //~ lagged_feed
            if sender.send(Message::text(msg)).await.is_err() {
                break;
            }
        }
    });
    let tx = app.feed.clone();
    let mut recv_task = tokio::spawn(async move {
        while let Some(Ok(Message::Text(text))) = receiver.next().await { //~ kind_ends_loop
            let _ = tx.send(text.to_string());
        }
    });
    tokio::select! {
        _ = &mut send_task => recv_task.abort(),
        _ = &mut recv_task => send_task.abort(),
    };
}

/// A queue that grows for ever, a registration that stays.
async fn queue(socket: WebSocket, app: Arc<App>, id: u64) {
    let (mut sink, mut stream) = socket.split();
    let (tx, mut rx) = mpsc::unbounded_channel::<Message>(); //~ unbounded_queue
    app.clients.lock().await.insert(id, tx);
    let forward = tokio::spawn(async move {
        while let Some(message) = rx.recv().await {
            if sink.send(message).await.is_err() {
                break;
            }
        }
    });
    while let Some(message) = stream.next().await {
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                error!(%error, "lost");
                return; //~ skipped_cleanup
            }
        };
        for client in app.clients.lock().await.values() {
            let _ = client.send(message.clone());
        }
    }
    app.clients.lock().await.remove(&id);
    forward.abort();
}

async fn forward(mut sink: SplitSink<WebSocket, Message>, mut rx: UnboundedReceiver<String>) { //~ unbounded_queue
    while let Some(text) = rx.recv().await {
        if sink.send(Message::text(text)).await.is_err() {
            return;
        }
    }
}

async fn queue_in_helper(socket: WebSocket, clients: Arc<DashMap<u64, UnboundedSender<String>>>, id: u64) {
    let (sink, mut stream) = socket.split();
    let (tx, rx) = mpsc::unbounded_channel();
    clients.insert(id, tx);
    let task = tokio::spawn(forward(sink, rx));
    while let Some(Ok(_)) = stream.next().await {}
    task.abort();
    clients.remove(&id);
}

/// Whichever ends first, the other goes on.
async fn by_value(socket: WebSocket, feed: broadcast::Sender<String>) {
    let (mut sink, mut stream) = socket.split();
    let mut rx = feed.subscribe();
    let sending = tokio::spawn(async move { //~ orphaned_task
        loop {
            match rx.recv().await {
                Ok(text) => {
                    if sink.send(Message::text(text)).await.is_err() {
                        break;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(_) => break,
            }
        }
    });
    let receiving = tokio::spawn(async move {
        while let Some(Ok(message)) = stream.next().await {
            if let Message::Text(text) = message {
                let _ = feed.send(text.to_string());
            }
        }
    });
    tokio::select! {
        result = sending => if let Err(e) = result { error!("{e}") },
        result = receiving => if let Err(e) = result { error!("{e}") },
    }
}

/// The reading task is thrown away; the writer may end first.
async fn reader_thrown_away(socket: WebSocket, mut jobs: mpsc::Receiver<String>) {
    let (mut sink, mut stream) = socket.split();
    tokio::spawn(async move { //~ detached_task
        while let Some(Ok(message)) = stream.next().await {
            info!(?message, "heard");
        }
    });
    while let Some(job) = jobs.recv().await {
        if sink.send(Message::text(job)).await.is_err() {
            return;
        }
    }
}

/// Logs and goes on, for ever.
async fn logs(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let pushing = tokio::spawn(async move {
        let mut ticks = interval(Duration::from_millis(100));
        loop {
            ticks.tick().await;
            match sink.send(Message::text("tick")).await { //~ swallowed_error
                Ok(()) => {}
                Err(e) => error!("cannot send: {e}"),
            }
        }
    });
    while let Some(Ok(_)) = stream.next().await {}
    let _ = pushing.await;
}

/// `let _`, on a `SplitSink` in a function of its own.
async fn pushes(mut sink: SplitSink<WebSocket, Message>, mut rx: watch::Receiver<String>) {
    while rx.changed().await.is_ok() {
        let text = rx.borrow_and_update().clone();
        let _ = sink.send(Message::Text(text.into())).await; //~ swallowed_error
    }
}

/// The first message without a deadline.
async fn first(mut socket: WebSocket) {
    let Some(Ok(Message::Text(token))) = socket.recv().await else { return }; //~ login_deadline
    if token.as_str() != "secret" {
        return;
    }
    echo(socket).await;
}

#[derive(Deserialize)]
struct Hello {
    name: String,
    api_key: String,
}

async fn hello(socket: WebSocket) {
    let (mut tx, mut rx) = socket.split();
    let hello = match rx.next().await { //~ login_deadline
        Some(Ok(Message::Text(text))) => match serde_json::from_str::<Hello>(&text) {
            Ok(hello) => hello,
            Err(_) => return,
        },
        _ => return,
    };
    info!("{} has the key {}", hello.name, hello.api_key); //~ secret_in_log
    if tx.send(Message::text("welcome")).await.is_err() {
        return;
    }
    while let Some(Ok(_)) = rx.next().await {}
}

/// Any message of any client stops here while one is slow.
async fn locked(mut socket: WebSocket, game: Arc<Mutex<Vec<String>>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let mut game = game.lock().await; //~ lock_across_io
        game.push(message.to_text().unwrap_or_default().to_owned());
        for line in game.iter() {
            if socket.send(Message::text(line.clone())).await.is_err() {
                return;
            }
        }
    }
}

async fn dash(mut socket: WebSocket, scores: Arc<DashMap<String, u32>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let Ok(name) = message.into_text() else { continue };
        let mut score = scores.entry(name.to_string()).or_insert(0); //~ lock_across_io
        *score += 1;
        if socket.send(Message::text(score.to_string())).await.is_err() {
            return;
        }
    }
}

type Sinks = Arc<RwLock<HashMap<u64, SplitSink<WebSocket, Message>>>>;

async fn to_all(sinks: Sinks, text: String) {
    let mut sinks = sinks.write().await;
    for (id, sink) in sinks.iter_mut() {
        if let Err(e) = sink.send(Message::text(text.clone())).await { //~ fan_out_in_turn
            error!("{id}: {e}");
        }
    }
}

#[derive(Deserialize)]
struct Move {
    x: usize,
    y: usize,
}

/// What the client says is used as an index, or unwrapped.
async fn game(mut socket: WebSocket) {
    let mut board = [[0_u8; 3]; 3];
    while let Some(Ok(Message::Text(text))) = socket.recv().await { //~ kind_ends_loop
        let played: Move = serde_json::from_str(&text).unwrap(); //~ panics_on_input
        board[played.x][played.y] = 1; //~ panics_on_input
        let text = format!("{board:?}");
        if socket.send(Message::text(text)).await.is_err() {
            return;
        }
    }
}

async fn commands(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let text = message.to_text().unwrap().to_string(); //~ panics_on_input
        let (name, argument) = text.split_once(':').unwrap(); //~ panics_on_input
        let reply = match name {
            "hex" => u64::from_str_radix(argument, 16).expect("hex").to_string(), //~ panics_on_input
            "tail" => argument[1..].to_owned(), //~ panics_on_input
            _ => continue,
        };
        if socket.send(Message::text(reply)).await.is_err() {
            return;
        }
    }
}

/// The output of a process, read by `read_exact` beside the socket.
async fn terminal(mut socket: WebSocket, mut upstream: TcpStream) {
    let mut header = [0_u8; 4];
    loop {
        tokio::select! {
            Ok(_) = upstream.read_exact(&mut header) => { //~ cancelled_read
                if socket.send(Message::binary(header.to_vec())).await.is_err() { break }
            }
            message = socket.recv() => match message {
                Some(Ok(_)) => {}
                _ => break,
            },
        }
    }
}

/// `read_line` loses what it has read.
async fn tail(mut socket: WebSocket, log: tokio::fs::File) {
    let mut reader = BufReader::new(log);
    let mut line = String::new();
    loop {
        tokio::select! {
            read = reader.read_line(&mut line) => { //~ cancelled_read
                if read.is_err() || socket.send(Message::text(line.clone())).await.is_err() { return }
                line.clear();
            }
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { return },
        }
    }
}

/// The whole query with its token.
#[derive(Debug, Deserialize)]
struct Params {
    token: String,
    room: String,
}

async fn with_token(ws: WebSocketUpgrade, Query(params): Query<Params>) -> Response {
    tracing::debug!("token: {}", params.token); //~ secret_in_log
    if params.token != "secret" {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    ws.on_upgrade(echo)
}

/// Blocks: files, locks, processes.
async fn uploads(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if let Message::Binary(bytes) = message {
            std::fs::write("/tmp/upload", &bytes).ok(); //~ blocking_call
            if socket.send(Message::text("saved")).await.is_err() {
                return;
            }
        }
    }
}

/// Unwraps what a client may cause.
async fn unwraps(socket: WebSocket) {
    let (mut tx, mut rx) = socket.split();
    while let Some(message) = rx.next().await {
        let message = message.unwrap(); //~ panicking_io
        tx.send(message).await.unwrap(); //~ panicking_io
    }
}

/// A feed whose end of any kind is `expect`.
async fn expects(mut socket: WebSocket, feed: broadcast::Sender<String>) {
    let mut feed = feed.subscribe();
    loop {
        tokio::select! {
            line = feed.recv() => { //~ lagged_feed
                let line = line.expect("the feed never ends");
                if socket.send(Message::text(line)).await.is_err() { return }
            }
            message = socket.recv() => match message { Some(Ok(_)) => {}, _ => return },
        }
    }
}

/// An agent that hears nothing while it thinks.
async fn thinks(mut socket: WebSocket, model: Model) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(prompt) = message else { continue };
        let mut tokens = model.complete(&prompt).await;
        while let Some(token) = tokens.recv().await {
            if socket.send(Message::text(token)).await.is_err() { //~ deaf_loop
                return;
            }
        }
    }
}

/// A method that pushes only.
struct Feed {
    ws: WebSocket,
    ticks: tokio::time::Interval,
}

impl Feed {
    async fn run(mut self) {
        loop {
            self.ticks.tick().await;
            if self.ws.send(Message::text("tick")).await.is_err() { //~ deaf_loop
                return;
            }
        }
    }
}

/// Errors are ignored and the end is, too.
async fn spins(mut socket: WebSocket) {
    loop {
        match socket.recv().await { //~ spinning_loop
            Some(Ok(Message::Text(text))) => {
                if socket.send(Message::Text(text)).await.is_err() {
                    return;
                }
            }
            Some(Ok(_)) => {}
            Some(Err(e)) => error!("{e}"),
            None => info!("nothing yet"),
        }
    }
}

/// Gives up on a client that does not answer, and does not tell the loop that receives.
async fn pulse(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let heard = Arc::new(AtomicBool::new(true));
    let ours = heard.clone();
    tokio::spawn(async move { //~ detached_task
        let mut beat = interval(Duration::from_secs(30));
        loop {
            beat.tick().await;
            if !ours.load(Ordering::SeqCst) {
                tracing::warn!("no pong");
                return;
            }
            ours.store(false, Ordering::SeqCst);
            if sink.send(Message::Ping(vec![].into())).await.is_err() {
                break;
            }
        }
    });
    while let Some(Ok(message)) = stream.next().await {
        if let Message::Pong(_) = message {
            heard.store(true, Ordering::SeqCst);
        }
    }
}

/// Sends a hundred lines and returns; the client stays.
async fn hundred(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let _reader = tokio::spawn(async move { //~ detached_task
        loop {
            match stream.next().await {
                Some(Ok(_)) => continue,
                _ => break,
            }
        }
    });
    let mut sent = 0;
    while sent < 100 {
        sleep(Duration::from_millis(100)).await;
        if sink.send(Message::text(sent.to_string())).await.is_err() {
            return;
        }
        sent += 1;
    }
}

/// The receiver comes out of a `match`, and the message takes the name of the result.
async fn room(socket: WebSocket, rooms: Arc<DashMap<String, broadcast::Sender<String>>>, room: String) {
    let (mut sink, mut stream) = socket.split();
    let mut lines = match rooms.get(&room) {
        Some(room) => room.subscribe(),
        None => return,
    };
    let mut push = tokio::spawn(async move {
        let mut beat = interval(Duration::from_secs(30));
        loop {
            tokio::select! {
                line = lines.recv() => {
                    match line {
                        Ok(line) => if sink.send(Message::text(line)).await.is_err() { break },
                        Err(_) => break, //~ lagged_feed
                    }
                }
                _ = beat.tick() => if sink.send(Message::Ping(vec![].into())).await.is_err() { break },
            }
        }
    });
    let mut read = tokio::spawn(async move {
        while let Some(message) = stream.next().await {
            if let Ok(Message::Text(message)) = message {
                let hello: Hello = serde_json::from_str(&message).unwrap(); //~ panics_on_input
                info!(name = hello.name, "hello");
            }
        }
    });
    tokio::select! {
        _ = &mut push => read.abort(),
        _ = &mut read => push.abort(),
    }
}
