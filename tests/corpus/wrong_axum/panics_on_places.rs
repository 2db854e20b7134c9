//! Handlers of plain axum that panic on what a client may send. A layer compares the origin.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{
        Path, Query, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::HeaderMap,
    response::Response,
};
use dashmap::DashMap;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;

struct App {
    rooms: DashMap<String, Vec<String>>,
    prices: Vec<u32>,
}

async fn by_query(ws: WebSocketUpgrade, Query(params): Query<HashMap<String, String>>) -> Response {
    let since: u64 = params.get("since").unwrap().parse().unwrap(); //~ panics_on_input
    ws.on_upgrade(move |socket| replay(socket, since))
}

async fn by_header(ws: WebSocketUpgrade, headers: HeaderMap) -> Response {
    let version = headers["x-client-version"].to_str().unwrap_or("1").to_owned(); //~ panics_on_input
    let language = headers.get("accept-language").expect("a language"); //~ panics_on_input
    tracing::debug!(?language, version);
    ws.on_upgrade(|socket| replay(socket, 0))
}

#[derive(Deserialize)]
struct Since {
    since: Option<u64>,
}

async fn by_option(ws: WebSocketUpgrade, Query(query): Query<Since>) -> Response {
    let since = query.since.unwrap(); //~ panics_on_input
    ws.on_upgrade(move |socket| replay(socket, since))
}

async fn by_path(ws: WebSocketUpgrade, Path(room): Path<String>) -> Response {
    let (kind, number) = room.split_once('-').unwrap(); //~ panics_on_input
    let number: u64 = number.parse().unwrap_or(0);
    tracing::debug!(kind);
    ws.on_upgrade(move |socket| replay(socket, number))
}

async fn replay(mut socket: WebSocket, since: u64) {
    while let Some(Ok(message)) = socket.recv().await {
        if let Message::Text(_) = message {
            let _ = socket.send(Message::text(since.to_string())).await;
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Order {
    Quote { item: u32 },
    Say { room: String, text: String },
}

async fn shop(socket: WebSocket, State(app): State<Arc<App>>) {
    let (mut out, mut incoming) = socket.split();
    while let Some(Ok(message)) = incoming.next().await {
        let Message::Text(text) = message else { continue };
        let Ok(order) = serde_json::from_str::<Order>(&text) else { continue };
        let reply = match order {
            Order::Quote { item } => app.prices[item as usize].to_string(), //~ panics_on_input
            Order::Say { room, text } => {
                if text.is_empty() {
                    continue;
                }
                let mut said = app.rooms.get_mut(&room).unwrap(); //~ panics_on_input
                said.push(text);
                said.len().to_string()
            }
        };
        if out.send(Message::text(reply)).await.is_err() {
            break;
        }
    }
}

async fn board(mut socket: WebSocket, State(app): State<Arc<App>>) {
    while let Some(Ok(message)) = socket.recv().await {
        if let Message::Text(text) = message {
            let parts: Vec<usize> = text.split(',').filter_map(|part| part.parse().ok()).collect();
            if parts.len() != 2 {
                continue;
            }
            let index = parts[0] + parts[1];
            let price = app.prices[index]; //~ panics_on_input
            if socket.send(Message::text(price.to_string())).await.is_err() {
                return;
            }
        }
    }
}
