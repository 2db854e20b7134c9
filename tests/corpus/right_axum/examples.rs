//! In the style of axum's own examples: `websockets`, `chat`, `testing-websockets`, `reqwest-response`, and their copies.

use std::{
    collections::HashSet,
    net::SocketAddr,
    ops::ControlFlow,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{
        ConnectInfo, Query, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use futures_util::{
    sink::SinkExt,
    stream::{SplitSink, SplitStream, StreamExt},
};
use tokio::{sync::broadcast, time::interval};

/// The page that may connect; every handler of this file is behind this check.
fn origin_is_allowed(headers: &HeaderMap) -> bool {
    headers.get(header::ORIGIN).is_none_or(|origin| origin == "https://app.example.com")
}

fn app() -> Router {
    Router::new().route("/ws", any(ws_handler)).route("/echo", any(echo_handler))
}

async fn ws_handler(
    ws: WebSocketUpgrade,
    headers: HeaderMap,
    ConnectInfo(addr): ConnectInfo<SocketAddr>,
) -> impl IntoResponse {
    if !origin_is_allowed(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    println!("`{addr}` connected.");
    ws.on_upgrade(move |socket| handle_socket(socket, addr))
}

async fn handle_socket(mut socket: WebSocket, who: SocketAddr) {
    if socket.send(Message::Ping(Bytes::from_static(&[1, 2, 3]))).await.is_ok() {
        println!("Pinged {who}...");
    } else {
        println!("Could not send ping {who}!");
        return;
    }
    if let Some(msg) = socket.recv().await {
        if let Ok(msg) = msg {
            if process_message(msg, who).is_break() {
                return;
            }
        } else {
            println!("client {who} abruptly disconnected");
            return;
        }
    }
    for i in 1..5 {
        if socket.send(Message::Text(format!("Hi {i} times!").into())).await.is_err() {
            println!("client {who} abruptly disconnected");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (mut sender, mut receiver) = socket.split();
    let mut send_task = tokio::spawn(async move {
        let n_msg = 20;
        for i in 0..n_msg {
            if sender.send(Message::Text(format!("Server message {i} ...").into())).await.is_err() {
                return i;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        println!("Sending close to {who}...");
        if let Err(e) = sender
            .send(Message::Close(Some(CloseFrame {
                code: close_code::NORMAL,
                reason: Utf8Bytes::from_static("Goodbye"),
            })))
            .await
        {
            println!("Could not send Close due to {e}, probably it is ok?");
        }
        n_msg
    });
    let mut recv_task = tokio::spawn(async move {
        let mut cnt = 0;
        while let Some(Ok(msg)) = receiver.next().await {
            cnt += 1;
            if process_message(msg, who).is_break() {
                break;
            }
        }
        cnt
    });
    tokio::select! {
        rv_a = (&mut send_task) => {
            match rv_a {
                Ok(a) => println!("{a} messages sent to {who}"),
                Err(a) => println!("Error sending messages {a:?}")
            }
            recv_task.abort();
        },
        rv_b = (&mut recv_task) => {
            match rv_b {
                Ok(b) => println!("Received {b} messages"),
                Err(b) => println!("Error receiving messages {b:?}")
            }
            send_task.abort();
        }
    }
    println!("Websocket context {who} destroyed");
}

fn process_message(msg: Message, who: SocketAddr) -> ControlFlow<(), ()> {
    match msg {
        Message::Text(t) => println!(">>> {who} sent str: {t:?}"),
        Message::Binary(d) => println!(">>> {who} sent {} bytes: {d:?}", d.len()),
        Message::Close(c) => {
            if let Some(cf) = c {
                println!(">>> {who} sent close with code {} and reason `{}`", cf.code, cf.reason);
            }
            return ControlFlow::Break(());
        }
        Message::Pong(v) => println!(">>> {who} sent pong with {v:?}"),
        Message::Ping(v) => println!(">>> {who} sent ping with {v:?}"),
    }
    ControlFlow::Continue(())
}

struct AppState {
    user_set: Mutex<HashSet<String>>,
    tx: broadcast::Sender<String>,
}

async fn chat_handler(ws: WebSocketUpgrade, State(state): State<Arc<AppState>>) -> impl IntoResponse {
    ws.on_upgrade(|socket| chat(socket, state))
}

async fn chat(stream: WebSocket, state: Arc<AppState>) {
    let (mut sender, mut receiver) = stream.split();
    let mut username = String::new();
    while let Some(Ok(message)) = receiver.next().await {
        if let Message::Text(name) = message {
            check_username(&state, &mut username, name.as_str());
            if !username.is_empty() {
                break;
            } else {
                let _ = sender.send(Message::Text(Utf8Bytes::from_static("Username already taken."))).await;
                return;
            }
        }
    }
    let mut rx = state.tx.subscribe();
    let msg = format!("{username} joined.");
    let _ = state.tx.send(msg);
    let mut send_task = tokio::spawn(async move {
        loop {
            let msg = match rx.recv().await {
                Ok(msg) => msg,
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            };
            if sender.send(Message::text(msg)).await.is_err() {
                break;
            }
        }
    });
    let tx = state.tx.clone();
    let name = username.clone();
    let mut recv_task = tokio::spawn(async move {
        while let Some(Ok(message)) = receiver.next().await {
            if let Message::Text(text) = message {
                let _ = tx.send(format!("{name}: {text}"));
            }
        }
    });
    tokio::select! {
        _ = &mut send_task => recv_task.abort(),
        _ = &mut recv_task => send_task.abort(),
    };
    let msg = format!("{username} left.");
    let _ = state.tx.send(msg);
    state.user_set.lock().unwrap().remove(&username);
}

fn check_username(state: &AppState, string: &mut String, name: &str) {
    let mut user_set = state.user_set.lock().unwrap();
    if !user_set.contains(name) {
        user_set.insert(name.to_owned());
        string.push_str(name);
    }
}

async fn echo_handler(ws: WebSocketUpgrade) -> Response {
    ws.on_upgrade(handle_echo)
}

async fn handle_echo(mut socket: WebSocket) {
    while let Some(msg) = socket.recv().await {
        let msg = if let Ok(msg) = msg {
            msg
        } else {
            // client disconnected
            return;
        };
        if socket.send(msg).await.is_err() {
            // client disconnected
            return;
        }
    }
}

async fn unit_testable_handler(ws: WebSocketUpgrade) -> Response {
    ws.on_upgrade(|socket| {
        let (write, read) = socket.split();
        unit_testable(write, read)
    })
}

async fn unit_testable<W, R>(mut write: W, mut read: R)
where
    W: futures_util::Sink<Message> + Unpin,
    R: futures_util::Stream<Item = Result<Message, axum::Error>> + Unpin,
{
    while let Some(Ok(msg)) = read.next().await {
        let response_msg = match msg {
            Message::Text(msg) => Message::Text(format!("You said: {msg}").into()),
            Message::Close(_) => break,
            _ => continue,
        };
        if write.send(response_msg).await.is_err() {
            break;
        }
    }
}

async fn split_handler(ws: WebSocketUpgrade) -> Response {
    ws.on_upgrade(|socket| async move {
        let (sender, receiver) = socket.split();
        tokio::join!(write(sender), read(receiver));
    })
}

async fn read(mut receiver: SplitStream<WebSocket>) {
    while let Some(message) = receiver.next().await {
        match message {
            Ok(message) => println!("{message:?}"),
            Err(error) => {
                println!("{error}");
                break;
            }
        }
    }
}

async fn write(mut sender: SplitSink<WebSocket, Message>) {
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        if sender.send(Message::Ping(Bytes::new())).await.is_err() {
            return;
        }
    }
}

#[derive(serde::Deserialize)]
struct Params {
    token: Option<String>,
}

async fn token_handler(ws: WebSocketUpgrade, Query(params): Query<Params>) -> Result<Response, StatusCode> {
    let Some(token) = params.token else { return Err(StatusCode::UNAUTHORIZED) };
    if token != "secret" {
        return Err(StatusCode::FORBIDDEN);
    }
    Ok(ws.on_upgrade(async move |mut socket| {
        while let Some(Ok(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                break;
            }
        }
    }))
}
