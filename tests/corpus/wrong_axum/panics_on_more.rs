//! More handlers that panic on what a client sends. A layer compares the origin.

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::Value;
use sockeye::{Handshake, Json, Socket, ws_endpoint, ws_lifecycle};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::RwLock;

#[derive(Clone)]
struct Quiz {
    questions: Arc<Vec<String>>,
    answers: Arc<RwLock<HashMap<String, Vec<u32>>>>,
    scores: Arc<[u32; 4]>,
}

#[derive(Deserialize)]
struct Answer {
    question: usize,
    choice: usize,
    team: String,
    weight: Option<u32>,
}

/// A
#[ws_endpoint("/a")]
async fn a(handshake: Handshake<Json<Answer, String>>, State(quiz): State<Quiz>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(answer) = socket.recv().await? {
        if answer.choice > 3 {
            socket.send(&"one of four".to_owned()).await?;
            continue;
        }
        let question = &quiz.questions[answer.question]; //~ panics_on_input
        let answers = quiz.answers.read().await; //~ lock_across_io
        let team = &answers[&answer.team]; //~ panics_on_input
        let given = team[answer.question]; //~ panics_on_input
        socket.send(&format!("{question} {given} {}", quiz.scores[answer.choice])).await?;
    }
    Ok(())
}

/// B
#[ws_endpoint("/b")]
async fn b(handshake: Handshake, State(quiz): State<Quiz>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(text) = message.as_text() else { continue };
        let Ok(value) = serde_json::from_str::<Value>(text) else { continue };
        let index = value["index"].as_u64().unwrap_or(0) as usize;
        if index > 0 {
            let question = &quiz.questions[index]; //~ panics_on_input
            socket.send(question.as_str()).await?;
        }
        let Some(n) = value["n"].as_u64() else { continue };
        socket.send(quiz.questions[n as usize].as_str()).await?; //~ panics_on_input
        let count: usize = value["count"].as_str().unwrap_or("0").parse().unwrap(); //~ panics_on_input
        for question in &quiz.questions[..count] { //~ panics_on_input
            socket.send(question.as_str()).await?;
        }
    }
    Ok(())
}

async fn c(mut socket: WebSocket, table: Arc<[String]>) {
    while let Some(Ok(message)) = socket.recv().await {
        match message {
            Message::Text(text) => {
                let mut parts = text.splitn(3, ':');
                let (Some(kind), Some(place)) = (parts.next(), parts.next()) else { continue };
                let place = place.parse::<usize>().unwrap_or_default();
                let row = match kind {
                    "get" => &table[place],                //~ panics_on_input
                    "last" => &table[table.len() - place], //~ panics_on_input
                    _ => continue,
                };
                if socket.send(Message::text(row.clone())).await.is_err() {
                    return;
                }
            }
            Message::Binary(data) => {
                let kind = data[0]; //~ panics_on_input
                let len = u32::from_le_bytes(data[1..5].try_into().unwrap()) as usize; //~ panics_on_input
                let body = &data[5..5 + len]; //~ panics_on_input
                if socket.send(Message::binary(body.to_vec())).await.is_err() {
                    return;
                }
                tracing::debug!(kind);
            }
            _ => {}
        }
    }
}

fn cell(board: &[u8], x: usize, y: usize) -> u8 {
    board[y * 8 + x]
}

#[derive(Deserialize)]
struct Shot {
    x: usize,
    y: usize,
    power: i32,
    steps: u32,
}

/// D
#[ws_endpoint("/d")]
async fn d(handshake: Handshake<Json<Shot, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    let mut grid = vec![vec![0u8; 8]; 8];
    while let Some(Shot { x, y, power, steps }) = socket.recv().await? {
        grid[y][x] += 1; //~ panics_on_input
        let hit = board[x + y * 8]; //~ panics_on_input
        let each = power / steps as i32; //~ panics_on_input
        socket.send(&(hit + each as u8)).await?;
    }
    Ok(())
}

/// E
#[ws_endpoint("/e")]
async fn e(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let users: HashMap<String, u32> = HashMap::from([("ann".to_owned(), 1)]);
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default().to_owned();
        let name = text.trim();
        if name.is_empty() {
            continue;
        }
        let id = users.get(name).copied().unwrap(); //~ panics_on_input
        let ids: Vec<u32> = text.split(',').map(|name| users[name]).collect(); //~ panics_on_input
        let first = name.as_bytes()[0];
        let initial = &name[0..1]; //~ panics_on_input
        let at = name.find('@').unwrap(); //~ panics_on_input
        socket.send(format!("{id} {ids:?} {first} {initial} {at}")).await?;
    }
    Ok(())
}

async fn f(
    ws: WebSocketUpgrade,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let token = headers.get("authorization").unwrap().to_str().unwrap().to_owned(); //~ panics_on_input
    let page: u32 = query.get("page").map(|page| page.parse().unwrap()).unwrap_or(1); //~ panics_on_input
    ws.on_upgrade(move |socket| g(socket, token, page))
}

async fn g(mut socket: WebSocket, token: String, page: u32) {
    while let Some(Ok(message)) = socket.recv().await {
        let text = std::str::from_utf8(&message.into_data()).unwrap().to_owned(); //~ panics_on_input
        let (left, right) = text.split_at(page as usize);
        if socket.send(Message::text(format!("{left} {right}"))).await.is_err() {
            return;
        }
    }
}

/// H
#[ws_lifecycle]
async fn h(socket: &mut Socket) -> sockeye::Result {
    let history: Vec<String> = vec!["a".into(), "b".into()];
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or("");
        let since: usize = text.parse().unwrap_or(0);
        for line in &history[since..] { //~ panics_on_input
            socket.send(line.as_str()).await?;
        }
        let page: usize = match text.parse() {
            Ok(page) => page,
            Err(_) => continue,
        };
        let start = page * 10;
        let end = (start + 10).min(history.len());
        for line in &history[start..end] { //~ panics_on_input
            socket.send(line.as_str()).await?;
        }
    }
    Ok(())
}
