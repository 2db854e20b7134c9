//! Plain axum with one mistake each, in shapes that differ from those of the rules' own files. The check of `Origin` is `trusted`.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex as StdMutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{
        Path, Query, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, StatusCode, header::ORIGIN},
    response::{IntoResponse, Response},
};
use futures_util::{SinkExt as _, StreamExt as _, stream::SplitSink};
use serde::Deserialize;
use tokio::sync::{Mutex, RwLock, broadcast, mpsc, watch};

#[derive(Deserialize)]
struct Move {
    from: usize,
    to: usize,
    path: Vec<(u8, u8)>,
}

/// A board that the client points into.
async fn board(mut socket: WebSocket) {
    let mut board = vec![0_u8; 64];
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        let Ok(wanted) = serde_json::from_str::<Move>(&text) else { continue };
        board.swap(0, 1);
        board[wanted.to] = 1; //~ panics_on_input
        let start = wanted.path[0]; //~ panics_on_input
        if socket.send(Message::Text(format!("{start:?}").into())).await.is_err() {
            return;
        }
    }
}

/// JSON, as if it always were.
async fn json(mut socket: WebSocket) {
    while let Some(Ok(Message::Text(text))) = socket.recv().await { //~ kind_ends_loop
        let value: serde_json::Value = serde_json::from_str(text.as_str()).unwrap(); //~ panics_on_input
        let name = value["name"].as_str().unwrap(); //~ panics_on_input
        if socket.send(Message::Text(name.into())).await.is_err() {
            return;
        }
    }
}

/// Text, as if it always were.
async fn text(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let text = message.to_text().unwrap(); //~ panics_on_input
        if socket.send(Message::Text(text.to_uppercase().into())).await.is_err() {
            return;
        }
    }
}

/// The news with the lock held.
async fn locked(mut socket: WebSocket, rooms: Arc<Mutex<HashMap<String, Vec<String>>>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(room) = message else { continue };
        let rooms = rooms.lock().await; //~ lock_across_io
        if let Some(lines) = rooms.get(room.as_str()) {
            let text = lines.join("\n");
            if socket.send(Message::Text(text.into())).await.is_err() {
                return;
            }
        }
    }
}

/// One slow member stalls all.
async fn fan_out(all: Arc<RwLock<HashMap<u64, Arc<Mutex<SplitSink<WebSocket, Message>>>>>>, text: String) {
    for sink in all.read().await.values() {
        let _ = sink.lock().await.send(Message::Text(text.clone().into())).await; //~ fan_out_in_turn
    }
}

/// The feed ends with the first lag.
async fn lagged(socket: WebSocket, bus: broadcast::Sender<String>) {
    let (mut sink, mut stream) = socket.split();
    let mut news = bus.subscribe();
    let mut push = tokio::spawn(async move {
        while let Ok(item) = news.recv().await { //~ lagged_feed
            if sink.send(Message::Text(item.into())).await.is_err() {
                break;
            }
        }
    });
    let mut pull = tokio::spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
    tokio::select! {
        _ = &mut push => pull.abort(),
        _ = &mut pull => push.abort(),
    }
}

/// Without a bound, for each member.
async fn queue(socket: WebSocket, all: Arc<StdMutex<HashMap<u64, mpsc::UnboundedSender<Message>>>>, id: u64) {
    let (mut sink, mut stream) = socket.split();
    let (put, mut taken) = mpsc::unbounded_channel(); //~ unbounded_queue
    all.lock().unwrap().insert(id, put);
    let mut write = tokio::spawn(async move {
        while let Some(message) = taken.recv().await {
            if sink.send(message).await.is_err() {
                break;
            }
        }
    });
    tokio::select! {
        _ = &mut write => {}
        () = async { while let Some(Ok(_)) = stream.next().await {} } => write.abort(),
    }
    all.lock().unwrap().remove(&id);
}

/// The count, taken back on one way only.
async fn counted(mut socket: WebSocket, here: Arc<AtomicUsize>) {
    here.fetch_add(1, Ordering::SeqCst);
    while let Some(message) = socket.recv().await {
        let Ok(message) = message else { return }; //~ skipped_cleanup
        if socket.send(message).await.is_err() {
            break;
        }
    }
    here.fetch_sub(1, Ordering::SeqCst);
}

/// The loser of the race goes on.
async fn race(socket: WebSocket, mut price: watch::Receiver<f64>) {
    let (mut sink, mut stream) = socket.split();
    let push = tokio::spawn(async move { //~ orphaned_task
        while price.changed().await.is_ok() {
            let text = price.borrow_and_update().to_string();
            if sink.send(Message::Text(text.into())).await.is_err() {
                break;
            }
        }
    });
    let pull = tokio::spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
    tokio::select! {
        _ = push => tracing::debug!("push ended"),
        _ = pull => tracing::debug!("pull ended"),
    }
}

/// Nobody ends it, nobody waits for it.
async fn detached(socket: WebSocket, bus: broadcast::Sender<String>) {
    let (mut sink, mut stream) = socket.split();
    let mut news = bus.subscribe();
    tokio::spawn(async move { //~ detached_task
        loop {
            match news.recv().await {
                Ok(item) => {
                    if sink.send(Message::Text(item.into())).await.is_err() {
                        break;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
    });
    while let Some(Ok(_)) = stream.next().await {}
}

/// Errors of `send` are thrown away for ever.
async fn swallowed(mut socket: WebSocket) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tick.tick().await;
        socket.send(Message::Text("tick".into())).await.ok(); //~ swallowed_error, deaf_loop
    }
}

/// The end is not seen.
async fn spins(mut socket: WebSocket) {
    loop {
        if let Some(Ok(message)) = socket.recv().await { //~ spinning_loop
            tracing::debug!(?message, "said");
        }
    }
}

/// Panics when the client has gone.
async fn panics(mut socket: WebSocket) {
    while let Some(message) = socket.recv().await {
        let message = message.unwrap(); //~ panicking_io
        socket.send(message).await.unwrap(); //~ panicking_io
    }
}

/// Sleeps in the thread of all.
async fn sleeps(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        std::thread::sleep(Duration::from_millis(100)); //~ blocking_call
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// The token, in the log.
async fn token(upgrade: WebSocketUpgrade, headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Response {
    if headers.get(ORIGIN).is_none_or(|origin| origin != "https://app.example.com") {
        return StatusCode::FORBIDDEN.into_response();
    }
    let token = query.get("access_token").cloned().unwrap_or_default();
    tracing::info!("token {token}"); //~ secret_in_log
    upgrade.on_upgrade(|mut socket| async move { while let Some(Ok(_)) = socket.recv().await {} })
}

/// The response of the upgrade is dropped.
async fn dropped(upgrade: WebSocketUpgrade, headers: HeaderMap) -> Response {
    let known = headers.get(ORIGIN).is_some_and(|origin| origin == "https://app.example.com");
    if known {
        upgrade.on_upgrade(|mut socket| async move { while let Some(Ok(_)) = socket.recv().await {} }); //~ dropped_upgrade
    }
    StatusCode::OK.into_response()
}

/// Waits for the first message for ever.
async fn login(mut socket: WebSocket) {
    let Some(Ok(Message::Text(token))) = socket.recv().await else { return }; //~ login_deadline
    if token.as_str() != "sesame" {
        return;
    }
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}
