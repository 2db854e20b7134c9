//! Requests to add and to remove, in plain axum. A layer compares the origin.

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket};
use dashmap::DashMap;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};
use tokio::sync::{RwLock, mpsc};

struct App {
    docs: RwLock<HashMap<String, String>>,
    alarms: DashMap<String, u64>,
    banned: Mutex<HashSet<String>>,
    queue: Mutex<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(tag = "op")]
enum Op {
    Open { name: String },
    Close { name: String },
    Quit,
}

async fn docs(socket: WebSocket, State(app): State<Arc<App>>) {
    let (mut out, mut input) = socket.split();
    while let Some(Ok(message)) = input.next().await {
        let Message::Text(text) = message else { continue };
        let op: Op = match serde_json::from_str(&text) {
            Ok(op) => op,
            Err(_) => continue,
        };
        let reply = match op {
            Op::Open { name } => {
                app.docs.write().await.insert(name.clone(), String::new());
                format!("opened {name}")
            }
            Op::Close { name } => {
                if app.docs.write().await.remove(&name).is_none() {
                    "no such document".to_owned()
                } else {
                    format!("closed {name}")
                }
            }
            Op::Quit => break,
        };
        if out.send(Message::text(reply)).await.is_err() {
            return;
        }
    }
}

async fn alarms(mut socket: WebSocket, State(app): State<Arc<App>>) -> Result<(), axum::Error> {
    while let Some(message) = socket.recv().await {
        let text = message?.into_text()?;
        match text.split_once(' ') {
            Some(("arm", zone)) => {
                app.alarms.insert(zone.to_owned(), 1);
                socket.send(Message::text("armed")).await?;
            }
            Some(("disarm", zone)) => {
                app.alarms.remove(zone);
                socket.send(Message::text("disarmed")).await?;
                if zone == "all" {
                    return Ok(());
                }
            }
            _ => socket.send(Message::text("?")).await?,
        }
    }
    Ok(())
}

async fn bans(mut socket: WebSocket, State(app): State<Arc<App>>) {
    loop {
        let Some(Ok(message)) = socket.recv().await else { return };
        let Ok(text) = message.to_text() else { continue };
        if let Some(user) = text.strip_prefix("/ban ") {
            app.banned.lock().unwrap().insert(user.to_owned());
            if socket.send(Message::text("banned")).await.is_err() {
                return;
            }
            continue;
        }
        if let Some(user) = text.strip_prefix("/unban ") {
            app.banned.lock().unwrap().remove(user);
            let _ = socket.send(Message::text("unbanned")).await;
            return;
        }
    }
}

async fn jobs(mut socket: WebSocket, State(app): State<Arc<App>>) {
    while let Some(Ok(message)) = socket.recv().await {
        match message {
            Message::Text(text) if text.starts_with("push ") => {
                app.queue.lock().unwrap().push(text[5..].to_owned())
            }
            Message::Text(text) if text == "pop" => {
                let job = app.queue.lock().unwrap().pop();
                if socket.send(Message::text(job.unwrap_or_default())).await.is_err() {
                    break;
                }
            }
            Message::Close(_) => return,
            _ => {}
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Presence {
    Join { user: u64 },
    Leave { user: u64 },
}
async fn kiosk(mut socket: WebSocket, seats: Arc<Mutex<HashMap<u64, String>>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        let Ok(event) = serde_json::from_str::<Presence>(&text) else { break };
        match event {
            Presence::Join { user } => {
                seats.lock().unwrap().insert(user, "in".into());
            }
            Presence::Leave { user } => {
                seats.lock().unwrap().remove(&user);
                break;
            }
        }
    }
}
