//! Numbers and keys whose checks are written in unusual ways. A layer compares the origin.

use axum::extract::ws::{Message, WebSocket};
use axum::extract::{ConnectInfo, Path, Query, State};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use sockeye::{Handshake, Json, Socket, ws_endpoint, ws_lifecycle};
use std::{
    collections::{BTreeMap, HashMap},
    num::NonZeroU32,
    sync::Arc,
};
use tokio::sync::{Mutex, RwLock, mpsc};

#[derive(Deserialize)]
struct Req {
    id: usize,
    name: String,
    size: u32,
    per: NonZeroU32,
    kind: Kind,
    x: u8,
    y: u8,
}
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    A,
    B,
}
struct App {
    items: Vec<String>,
    by_kind: HashMap<Kind, u32>,
    users: RwLock<HashMap<String, u32>>,
    board: Mutex<[[u8; 8]; 8]>,
}

const MAX: usize = 10;

async fn validate(req: &Req, app: &App) -> anyhow::Result<()> {
    anyhow::ensure!(req.id < app.items.len());
    Ok(())
}

/// Looked at by a function, by each field, and by what a map has.
#[ws_endpoint("/places/last/order")]
async fn a(handshake: Handshake<Json<Req, String>>, State(app): State<Arc<App>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut cache: HashMap<String, u32> = HashMap::new();
    while let Some(req) = socket.recv().await? {
        if validate(&req, &app).await.is_err() {
            continue;
        }
        let item = &app.items[req.id];
        let count = app.by_kind[&req.kind];
        let pages = 100 / req.per.get() + 100 / (req.size + 1);
        if !cache.contains_key(&req.name) {
            cache.insert(req.name.clone(), 1);
        }
        let seen = cache[&req.name];
        socket.send(&format!("{item} {count} {pages} {seen}")).await?;
        let Req { id, x, y, .. } = req;
        if id > MAX {
            continue;
        }
        let table = [0u8; MAX + 1];
        let slot = table[id];
        if x < 8 && y < 8 {
            let cell = app.board.lock().await[y as usize][x as usize];
            socket.send(&format!("{slot} {cell}")).await?;
        }
        let (x, y) = (usize::from(x), usize::from(y));
        if x >= 8 || y >= 8 {
            socket.send(&"out".to_owned()).await?;
            continue;
        }
        let cell = app.board.lock().await[y][x];
        socket.send(&cell.to_string()).await?;
    }
    Ok(())
}

async fn b(mut socket: WebSocket, State(app): State<Arc<App>>, name: String) {
    let mut selected: usize = 0;
    let mut offset = 0usize;
    app.users.write().await.insert(name.clone(), 0);
    while let Some(Ok(message)) = socket.recv().await {
        match message {
            Message::Text(text) => {
                let mut words = text.split_whitespace();
                match (words.next(), words.next().and_then(|word| word.parse::<usize>().ok())) {
                    (Some("select"), Some(index)) if index < app.items.len() => selected = index,
                    (Some("seek"), Some(to)) => offset = to.min(app.items.len()),
                    (Some("show"), Some(index @ 0..=3)) if app.items.len() > 3 => {
                        tracing::info!("{}", app.items[index])
                    }
                    (Some("one"), Some(index)) => {
                        let Some(_) = app.items.get(index) else { continue };
                        tracing::info!("{}", app.items[index]);
                    }
                    _ => {}
                }
                let own = *app.users.read().await.get(&name).unwrap();
                let rest = &app.items[offset..];
                let reply = format!("{} {own} {}", app.items[selected], rest.len());
                if socket.send(Message::text(reply)).await.is_err() {
                    break;
                }
            }
            Message::Binary(data) => {
                if data.len() != 9 {
                    continue;
                }
                let (head, tail) = data.split_at(1);
                let len = head[0] as usize;
                let value = u64::from_be_bytes(tail.try_into().unwrap());
                let mut at = 1;
                while at + 2 <= data.len() {
                    let pair = &data[at..at + 2];
                    at += 2 + pair.len();
                }
                let colors = ["red", "green", "blue"];
                let color = colors[len % 3];
                let index = (value % app.items.len() as u64) as usize;
                tracing::info!("{color} {}", app.items[index]);
                let parts: Vec<u8> = data.iter().map(|byte| byte / 2).collect();
                for (i, part) in parts.iter().enumerate() {
                    tracing::debug!("{} {part}", data[i]);
                }
                for i in 0..data.len() {
                    tracing::debug!("{}", data[i]);
                }
            }
            _ => {}
        }
    }
}

/// In the guards of arms, and by what was found in the text.
#[ws_endpoint("/places/last/undo")]
async fn c(handshake: Handshake, State(app): State<Arc<App>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut undo: Vec<String> = Vec::new();
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let parts: Vec<&str> = text.splitn(2, ' ').collect();
        let verb = parts[0];
        let result: Result<usize, _> = parts.get(1).unwrap_or(&"").parse();
        let reply = match (verb, result) {
            ("get", Ok(i)) if i < undo.len() => undo[i].clone(),
            ("del", Ok(i)) if i < undo.len() => undo.remove(i),
            ("swap", Ok(i)) if i + 1 < undo.len() => {
                undo.swap(i, i + 1);
                "ok".to_owned()
            }
            ("half", Ok(n)) if n != 0 => (100 / n).to_string(),
            (_, Err(_)) => "number".to_owned(),
            _ => {
                undo.push(text.to_owned());
                undo[undo.len() - 1].clone()
            }
        };
        let end = text.char_indices().nth(10).map_or(text.len(), |(at, _)| at);
        let start = text.find(' ').map_or(0, |at| at + 1);
        socket.send(format!("{reply} {} {}", &text[..end], &text[start..])).await?;
        let ratio = match text.parse::<f64>() {
            Ok(x) => 1.0 / x,
            Err(_) => 0.0,
        };
        let users = app.users.read().await;
        let known = users.iter().find(|(name, _)| name.as_str() == text).map(|(_, id)| *id).unwrap_or(0);
        drop(users);
        socket.send(format!("{ratio} {known}")).await?;
    }
    Ok(())
}
