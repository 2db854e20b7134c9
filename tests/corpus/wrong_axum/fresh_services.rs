//! Fresh mistakes in plain axum handlers.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    sync::{Arc, Mutex as StdMutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{
        ConnectInfo, Path, Query, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::{any, get},
};
use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Mutex, RwLock, broadcast, mpsc, watch},
    time::{interval, sleep, timeout},
};

#[derive(Clone)]
struct App {
    clients: Arc<Mutex<HashMap<SocketAddr, SplitSink<WebSocket, Message>>>>,
    rooms: Arc<RwLock<HashMap<String, HashSet<u64>>>>,
    events: broadcast::Sender<String>,
    secret: String,
}

/// The whole map is locked while each client reads.
async fn fan(mut socket: WebSocket, app: App) {
    while let Some(Ok(message)) = socket.recv().await {
        if let Message::Text(_) = message {
            for (_, client) in app.clients.lock().await.iter_mut() { //~ lock_across_io
                let _ = client.send(message.clone()).await; //~ fan_out_in_turn
            }
        }
    }
}

/// Any client can make it panic.
async fn panics(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let text = message.to_text().unwrap(); //~ panics_on_input
        if socket.send(Message::text(text.to_uppercase())).await.is_err() {
            break;
        }
    }
}

#[derive(Deserialize)]
struct Command {
    cells: Vec<u8>,
    at: usize,
}

/// An index of the client's.
async fn cells(mut socket: WebSocket) {
    while let Some(Ok(Message::Text(text))) = socket.recv().await { //~ kind_ends_loop
        let Ok(command) = serde_json::from_str::<Command>(&text) else { continue };
        let cell = command.cells[command.at]; //~ panics_on_input
        if socket.send(Message::text(cell.to_string())).await.is_err() {
            return;
        }
    }
}

/// Leaves its name in the room.
async fn rooms(mut socket: WebSocket, app: App, room: String, id: u64) -> Result<(), axum::Error> {
    app.rooms.write().await.entry(room.clone()).or_default().insert(id);
    while let Some(message) = socket.recv().await {
        let message = message?; //~ skipped_cleanup
        if let Message::Close(_) = message {
            break;
        }
    }
    if let Some(room) = app.rooms.write().await.get_mut(&room) {
        room.remove(&id);
    }
    Ok(())
}

/// The loser goes on.
async fn races(socket: WebSocket, app: App) {
    let (mut sink, mut stream) = socket.split();
    let mut events = app.events.subscribe();
    let push = tokio::spawn(async move { //~ orphaned_task
        loop {
            match events.recv().await {
                Ok(event) => {
                    if sink.send(Message::text(event)).await.is_err() {
                        break;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
    });
    let pull = tokio::spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
    tokio::select! {
        _ = push => {}
        _ = pull => {}
    }
}

/// Ends at the first lag.
async fn lags(socket: WebSocket, app: App) {
    let (mut sink, mut stream) = socket.split();
    let mut events = app.events.subscribe();
    let mut push = tokio::spawn(async move {
        while let Ok(event) = events.recv().await { //~ lagged_feed
            if sink.send(event.into()).await.is_err() {
                break;
            }
        }
    });
    let mut pull = tokio::spawn(async move {
        while let Some(Ok(message)) = stream.next().await {
            if matches!(message, Message::Close(_)) {
                break;
            }
        }
    });
    tokio::select! {
        _ = &mut push => pull.abort(),
        _ = &mut pull => push.abort(),
    }
}

/// An unbounded channel for one client.
async fn piles(socket: WebSocket, users: Arc<RwLock<HashMap<u64, mpsc::UnboundedSender<Message>>>>, id: u64) {
    let (mut sink, mut stream) = socket.split();
    let (tx, mut rx) = mpsc::unbounded_channel(); //~ unbounded_queue
    users.write().await.insert(id, tx);
    let writer = tokio::spawn(async move {
        while let Some(message) = rx.recv().await {
            if sink.send(message).await.is_err() {
                break;
            }
        }
    });
    while let Some(Ok(_)) = stream.next().await {}
    users.write().await.remove(&id);
    writer.abort();
}

/// A secret in a log.
async fn logs(ws: WebSocketUpgrade, headers: HeaderMap) -> Response { //~ unchecked_origin
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    tracing::info!(%token, "a client connects"); //~ secret_in_log
    ws.on_upgrade(move |socket| listens(socket, token))
}

async fn listens(mut socket: WebSocket, token: String) {
    if token.is_empty() {
        return;
    }
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// Nothing but ticks.
async fn ticks(mut socket: WebSocket) {
    let mut tick = interval(Duration::from_secs(1));
    loop {
        tick.tick().await;
        if socket.send(Message::text("tick")).await.is_err() { //~ deaf_loop
            return;
        }
    }
}

/// Goes round on errors.
async fn spins(mut socket: WebSocket) {
    loop {
        match socket.recv().await { //~ spinning_loop
            Some(Ok(Message::Text(text))) => {
                let _ = socket.send(Message::Text(text)).await;
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => tracing::warn!(%error, "broken"),
            None => {}
        }
    }
}

/// Bytes of a stream are lost.
async fn tcp(mut socket: WebSocket, mut upstream: TcpStream) {
    let mut header = [0; 4];
    loop {
        tokio::select! {
            read = upstream.read_exact(&mut header) => { //~ cancelled_read
                if read.is_err() { return }
                let mut body = vec![0; u32::from_be_bytes(header) as usize];
                if upstream.read_exact(&mut body).await.is_err() { return }
                if socket.send(Message::Binary(body.into())).await.is_err() { return }
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Binary(bytes))) => {
                    if upstream.write_all(&bytes).await.is_err() { return }
                }
                Some(Ok(_)) => {}
                _ => return,
            },
        }
    }
}

/// Blocks.
async fn blocks(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(name) = message else { continue };
        let Ok(text) = std::fs::read_to_string(name.as_str()) else { continue }; //~ blocking_call
        if socket.send(Message::text(text)).await.is_err() {
            return;
        }
    }
}

/// The key of the client, without a limit.
async fn waits(mut socket: WebSocket, app: App) {
    let key = match socket.recv().await { //~? login_deadline
        Some(Ok(Message::Text(key))) => key,
        _ => return,
    };
    if key.as_str() != app.secret {
        return;
    }
    listens(socket, app.secret).await;
}

/// The task keeps the subscription.
async fn leaves(socket: WebSocket, app: App) {
    let (mut sink, mut stream) = socket.split();
    let mut events = app.events.subscribe();
    tokio::spawn(async move { //~ detached_task
        loop {
            match events.recv().await {
                Ok(event) => {
                    if sink.send(Message::text(event)).await.is_err() {
                        break;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
    });
    while let Some(Ok(message)) = stream.next().await {
        if matches!(message, Message::Close(_)) {
            break;
        }
    }
}

/// Answers part by part inside the receive loop.
async fn streams(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(prompt) = message else { continue };
        let mut parts = futures_util::stream::iter(prompt.split(' ').map(str::to_owned).collect::<Vec<_>>());
        while let Some(part) = parts.next().await {
            sleep(Duration::from_millis(30)).await;
            if socket.send(Message::text(part)).await.is_err() { //~ deaf_loop
                return;
            }
        }
    }
}

/// The upgrade is dropped.
async fn drops(ws: WebSocketUpgrade, State(app): State<App>) -> Response { //~ unchecked_origin
    ws.on_upgrade(move |socket| ticks(socket)); //~ dropped_upgrade
    app.secret.into_response()
}

/// One message, with a helper.
async fn unwraps(mut socket: WebSocket) {
    while let Some(message) = socket.recv().await {
        let message = message.unwrap(); //~ panicking_io
        socket.send(message).await.unwrap(); //~ panicking_io
    }
}
