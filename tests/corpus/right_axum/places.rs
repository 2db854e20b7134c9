//! What a client names, looked at before it is used, in plain axum. A layer compares the origin.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{
        Path, Query, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use dashmap::DashMap;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;

struct App {
    rooms: DashMap<String, Vec<String>>,
    prices: Vec<u32>,
}

async fn by_query(ws: WebSocketUpgrade, Query(params): Query<HashMap<String, String>>) -> Response {
    let Some(Ok(since)) = params.get("since").map(|since| since.parse::<u64>()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    ws.on_upgrade(move |socket| replay(socket, since))
}

async fn by_header(ws: WebSocketUpgrade, headers: HeaderMap) -> Response {
    if !headers.contains_key("accept-language") {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let language = headers.get("accept-language").unwrap();
    let key = headers.get("sec-websocket-key").expect("the extractor has seen it");
    tracing::debug!(?language, ?key);
    ws.on_upgrade(|socket| replay(socket, 0))
}

#[derive(Deserialize)]
struct Since {
    since: Option<u64>,
}

async fn by_option(ws: WebSocketUpgrade, Query(query): Query<Since>) -> Response {
    if query.since.is_none() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let since = query.since.unwrap();
    ws.on_upgrade(move |socket| replay(socket, since))
}

async fn by_path(ws: WebSocketUpgrade, Path((room, number)): Path<(String, u64)>) -> Response {
    let kind = room.split('-').next().unwrap().to_owned();
    ws.on_upgrade(move |socket| async move {
        tracing::debug!(kind);
        replay(socket, number).await;
    })
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
            Order::Quote { item } if (item as usize) < app.prices.len() => {
                app.prices[item as usize].to_string()
            }
            Order::Quote { .. } => "no such item".to_owned(),
            Order::Say { room, text } => {
                let mut said = app.rooms.entry(room.clone()).or_default();
                said.push(text);
                drop(said);
                app.rooms.get(&room).unwrap().len().to_string()
            }
        };
        if out.send(Message::text(reply)).await.is_err() {
            break;
        }
    }
}

fn index_of(text: &str, len: usize) -> Option<usize> {
    text.parse().ok().filter(|index| *index < len)
}

async fn board(mut socket: WebSocket, State(app): State<Arc<App>>) {
    while let Some(Ok(message)) = socket.recv().await {
        if let Message::Text(text) = message {
            let Some(index) = index_of(&text, app.prices.len()) else { continue };
            let mut price = app.prices[index];
            if let Ok(index @ 0..10) = text.parse::<usize>() {
                price += [0u32; 10][index];
            }
            match text.parse::<usize>() {
                Ok(index) if index >= app.prices.len() => continue,
                Ok(index) => price += app.prices[index],
                Err(_) => {}
            }
            if socket.send(Message::text(price.to_string())).await.is_err() {
                return;
            }
        }
    }
}
