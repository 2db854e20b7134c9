//! Queues that no one waits for, or only one; structs that keep their secrets; values of a known length.

use std::{collections::HashMap, fmt, sync::Arc};

use axum::extract::ws::{Message, WebSocket};
use futures_util::{StreamExt as _, future::join_all, stream};
use serde::Deserialize;
use tokio::sync::{Mutex, RwLock, mpsc};

async fn at_once(mut socket: WebSocket, all: Arc<Mutex<HashMap<u64, mpsc::Sender<String>>>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let now: Vec<_> = all.lock().await.values().cloned().collect();
        let text = message.to_text().unwrap_or("");
        join_all(now.iter().map(|one| one.send(text.to_owned()))).await;
        for one in now {
            let _ = one.try_send(text.to_owned());
        }
    }
}

async fn without_bound(mut socket: WebSocket, all: Arc<Mutex<HashMap<u64, mpsc::UnboundedSender<String>>>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let now: Vec<_> = all.lock().await.values().cloned().collect();
        for one in now {
            let _ = one.send(message.to_text().unwrap_or("").to_owned());
        }
    }
}

async fn to_one(mut socket: WebSocket, all: Arc<RwLock<HashMap<u64, mpsc::Sender<Message>>>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let to = all.read().await.get(&7).cloned();
        for one in to {
            let _ = one.send(message.clone()).await;
        }
    }
}

async fn to_workers(mut socket: WebSocket, workers: Arc<Vec<mpsc::Sender<String>>>) {
    while let Some(Ok(message)) = socket.recv().await {
        for one in workers.iter() {
            let _ = one.send(message.to_text().unwrap_or("").to_owned()).await;
        }
    }
}

async fn concurrently(mut socket: WebSocket, all: Arc<RwLock<Vec<mpsc::Sender<Message>>>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let now = all.read().await.clone();
        stream::iter(now)
            .for_each_concurrent(None, |one| {
                let message = message.clone();
                async move {
                    let _ = one.send(message).await;
                }
            })
            .await;
    }
}

async fn numbers(mut socket: WebSocket, all: Arc<RwLock<Vec<mpsc::Sender<u64>>>>) {
    while let Some(Ok(_)) = socket.recv().await {
        let now = all.read().await.clone();
        let mut rest = now.into_iter();
        while let Some(one) = rest.next() {
            let _ = one.try_send(1);
        }
    }
}

#[derive(Deserialize)]
struct Hidden {
    user: String,
    password: String,
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hidden").field("user", &self.user).finish_non_exhaustive()
    }
}

#[derive(Debug, Deserialize)]
struct Shown {
    user: String,
    password: String,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.user)
    }
}

#[derive(Clone, Deserialize)]
struct SecretText(String);

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[derive(Debug, Deserialize)]
struct Wrapped {
    user: String,
    password: SecretText,
}

async fn kept(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let text = message.to_text().unwrap_or("");
        let Ok(hidden) = serde_json::from_str::<Hidden>(text) else { continue };
        let Ok(shown) = serde_json::from_str::<Shown>(text) else { continue };
        let Ok(wrapped) = serde_json::from_str::<Wrapped>(text) else { continue };
        tracing::debug!(?hidden, %shown, ?wrapped, "an entry");
        let secrets = [hidden.password, shown.password, wrapped.password.0];
        if secrets.iter().any(String::is_empty) || socket.send(wrapped.user.into()).await.is_err() {
            break;
        }
    }
}

fn halves(text: &str) -> Option<[String; 2]> {
    let (before, after) = text.split_once('-')?;
    Some([before.into(), after.into()])
}

async fn of_two(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Some(parts) = message.to_text().ok().and_then(halves) else { continue };
        let Some(again) = message.to_text().ok().and_then(|text| halves(text)) else { continue };
        let Some(more) = message.to_text().ok().and_then(|text| halves(text).or(None)) else { continue };
        let Some(pair) = message.to_text().ok().and_then(|text| text.split_once(' ')).map(|(a, b)| [a, b])
        else {
            continue;
        };
        tracing::debug!(more = more[1], pair = pair[1]);
        let all: Vec<_> = message.to_text().unwrap_or("").lines().filter_map(halves).collect();
        let firsts: Vec<_> = all.iter().map(|pair| pair[0].as_str()).collect();
        let text = format!("{}|{}|{}|{}", parts[0], parts[1], again[1], firsts.concat());
        if socket.send(text.into()).await.is_err() {
            break;
        }
    }
}
