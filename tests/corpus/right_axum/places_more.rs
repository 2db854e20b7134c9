//! More places and keys that are looked at first. A layer compares the origin.

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::Value;
use sockeye::{Handshake, Json, Socket, ws_endpoint, ws_lifecycle};
use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::Arc,
};
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

#[derive(Deserialize, Clone, Copy)]
enum Color {
    Red,
    Green,
    Blue,
}

#[derive(Deserialize)]
struct Paint {
    color: Color,
    layer: u8,
    amount: u32,
}

impl Quiz {
    fn check(&self, answer: &Answer) -> Result<(), String> {
        if answer.question >= self.questions.len() || answer.choice >= 4 {
            return Err("no".into());
        }
        Ok(())
    }
    fn is_valid(&self, answer: &Answer) -> bool {
        answer.question < self.questions.len() && answer.choice < 4
    }
}

/// By a method that returns a `Result`.
#[ws_endpoint("/a")]
async fn a(handshake: Handshake<Json<Answer, String>>, State(quiz): State<Quiz>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(answer) = socket.recv().await? {
        if let Err(why) = quiz.check(&answer) {
            socket.send(&why).await?;
            continue;
        }
        let question = quiz.questions[answer.question].clone();
        let score = quiz.scores[answer.choice];
        socket.send(&format!("{question} {score}")).await?;
    }
    Ok(())
}

/// By one that says yes or no.
#[ws_endpoint("/a2")]
async fn a2(handshake: Handshake<Json<Answer, String>>, State(quiz): State<Quiz>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(answer) = socket.recv().await? {
        if !quiz.is_valid(&answer) {
            continue;
        }
        socket.send(&quiz.questions[answer.question].clone()).await?;
        let valid = answer.choice < quiz.scores.len() && answer.weight.is_some();
        if valid {
            let weight = answer.weight.unwrap();
            socket.send(&format!("{}", quiz.scores[answer.choice] * weight)).await?;
        }
    }
    Ok(())
}

/// An enum has as many values as the table has places, and a byte is looked at.
#[ws_endpoint("/paint")]
async fn paint(handshake: Handshake<Json<Paint, u32>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut used = [0u32; 3];
    let mut layers: HashMap<u8, u32> = HashMap::new();
    let mut history = [0u32; 256];
    while let Some(paint) = socket.recv().await? {
        used[paint.color as usize] += paint.amount;
        *layers.entry(paint.layer).or_insert(0) += 1;
        history[paint.layer as usize] += 1;
        history[usize::from(paint.layer)] += layers[&paint.layer];
        let slot = paint.amount as usize % used.len();
        used[slot] += 1;
        let bucket = (paint.amount >> 24) as usize & 1;
        used[bucket] += 1;
        socket.send(&used[paint.amount as usize % 3]).await?;
    }
    Ok(())
}

/// Ranges that end where the list ends.
#[ws_endpoint("/lines")]
async fn lines(handshake: Handshake) -> sockeye::Result {
    let history: Vec<String> = vec!["a".into(), "b".into()];
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let since: usize = message.as_text().unwrap_or("").parse().unwrap_or(0);
        let since = since.min(history.len());
        for line in &history[since..] {
            socket.send(line.as_str()).await?;
        }
        let Ok(page) = message.as_text().unwrap_or("").parse::<usize>() else { continue };
        let start = page.saturating_mul(10);
        if start >= history.len() {
            continue;
        }
        let end = start.saturating_add(10).min(history.len());
        for line in &history[start..end] {
            socket.send(line.as_str()).await?;
        }
        let first = page.clamp(1, history.len()) - 1;
        socket.send(history[first].as_str()).await?;
        if let Some(line) = history.get(page) {
            socket.send(format!("{line} {}", history[page])).await?;
        }
        let at = if page < history.len() { page } else { history.len() - 1 };
        socket.send(history[at].as_str()).await?;
        if page == 0 || page > history.len() {
            continue;
        }
        socket.send(history[history.len() - page].as_str()).await?;
        socket.send((100 / page).to_string()).await?;
    }
    Ok(())
}

/// A frame that is as long as it says.
#[ws_endpoint("/frames")]
async fn frames(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let sockeye::Message::Binary(data) = message else { continue };
        let Some((head, body)) = data.split_first_chunk::<4>() else { continue };
        let len = u32::from_be_bytes(*head) as usize;
        if body.len() < len {
            continue;
        }
        let (payload, rest) = body.split_at(len);
        socket.send(payload.to_vec()).await?;
        socket.send(rest.to_vec()).await?;
        if data.len() > 5 {
            let kind = data[4];
            let size = usize::from(data[5]);
            let end = 6 + size;
            if end <= data.len() {
                socket.send(data[6..end].to_vec()).await?;
            }
            match data.get(6..6 + size) {
                Some(part) if kind == 1 => socket.send(part.to_vec()).await?,
                _ => {}
            }
        }
    }
    Ok(())
}

/// JSON that the client sent has everything or null.
#[ws_endpoint("/json")]
async fn json(handshake: Handshake, State(quiz): State<Quiz>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Ok(value) = serde_json::from_str::<Value>(message.as_text().unwrap_or("")) else { continue };
        let index = value["list"][0].as_u64().unwrap_or(0);
        let Ok(index) = usize::try_from(index) else { continue };
        let Some(question) = quiz.questions.get(index) else { continue };
        let name = value["name"].as_str().unwrap_or("x");
        let mut answers = quiz.answers.write().await;
        let list = answers.entry(name.to_owned()).or_default();
        list.push(1);
        let count = answers[name].len();
        drop(answers);
        socket.send(format!("{question} {count}")).await?;
    }
    Ok(())
}

async fn upgrade(
    ws: WebSocketUpgrade,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
    Path(id): Path<String>,
) -> Response {
    let token = match headers.get("authorization") {
        Some(token) => token.to_str().unwrap_or("").to_owned(),
        None => return StatusCode::UNAUTHORIZED.into_response(),
    };
    let page: u32 = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1);
    let Ok(id) = id.parse::<u64>() else { return StatusCode::BAD_REQUEST.into_response() };
    let Some(name) = query.get("name") else { return StatusCode::BAD_REQUEST.into_response() };
    let name = name.clone();
    if query.get("room").is_none() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let room = query.get("room").unwrap().clone();
    let same = query["room"].clone();
    ws.on_upgrade(move |socket| serve(socket, token, page, id, name, room + &same))
}

async fn serve(mut socket: WebSocket, token: String, page: u32, id: u64, name: String, room: String) {
    let mut seen: VecDeque<String> = VecDeque::new();
    let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
    let own = format!("{name}{room}{id}{page}{token}");
    by_name.insert(own.clone(), 0);
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        let text = text.to_string();
        seen.push_back(text.clone());
        if seen.len() > 10 {
            seen.pop_front().unwrap();
        }
        let last = seen.back().unwrap().clone();
        by_name.insert(text.clone(), seen.len());
        let at = by_name[&text];
        let mine = by_name[&own];
        let words: Vec<&str> = text.split(' ').collect();
        let reply = match words.as_slice() {
            ["get", key] if by_name.contains_key(*key) => by_name[*key].to_string(),
            ["range", from, to] => {
                let (Ok(from), Ok(to)) = (from.parse::<usize>(), to.parse::<usize>()) else { continue };
                if from > to || to > text.len() {
                    continue;
                }
                String::from_utf8_lossy(&text.as_bytes()[from..to]).into_owned()
            }
            _ => format!("{at} {mine} {last}"),
        };
        if socket.send(Message::text(reply)).await.is_err() {
            return;
        }
    }
}
