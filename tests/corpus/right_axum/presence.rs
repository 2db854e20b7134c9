//! What is said of a secret without the secret, and entries that may be refused.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex},
};

use axum::{
    extract::{
        Query, State,
        ws::{Message, WebSocket},
    },
    http::{HeaderMap, header},
};
use serde::Deserialize;

async fn serve(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

async fn there(socket: WebSocket, headers: HeaderMap) {
    let authorization = headers.contains_key(header::AUTHORIZATION);
    let session_cookie = headers.get_all("cookie").iter().any(|one| one.as_bytes().starts_with(b"sid="));
    tracing::info!(authorization, session_cookie, "asks");
    serve(socket).await;
}

#[derive(Deserialize)]
struct Auth {
    token: String,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("token", &"***").finish_non_exhaustive()
    }
}

impl Auth {
    fn has_token(&self) -> bool {
        !self.token.is_empty()
    }
}

async fn hidden(socket: WebSocket, Query(auth): Query<Auth>) {
    let has_token = auth.has_token();
    tracing::info!(?auth, has_token, "asks");
    note(&auth);
    serve(socket).await;
}

fn note(auth: &Auth) {
    tracing::debug!("{auth:?} again");
}

async fn free(mut socket: WebSocket, State(taken): State<Arc<Mutex<HashSet<String>>>>) {
    let name = loop {
        let Some(Ok(message)) = socket.recv().await else { return };
        let Message::Text(name) = message else { continue };
        if taken.lock().unwrap().insert(name.to_string()) {
            break name.to_string();
        }
        if socket.send("taken".into()).await.is_err() {
            return;
        }
    };
    serve(socket).await;
    taken.lock().unwrap().remove(&name);
}

struct Lobby {
    names: Mutex<HashSet<String>>,
}

impl Lobby {
    async fn enter(&self, socket: &mut WebSocket) -> Option<String> {
        loop {
            let Some(Ok(message)) = socket.recv().await else { return None };
            let Message::Text(name) = message else { continue };
            let name = name.to_string();
            let is_new = self.names.lock().unwrap().insert(name.clone());
            if !is_new {
                socket.send("taken".into()).await.ok()?;
                continue;
            }
            let ended = greet(socket).await;
            self.names.lock().unwrap().remove(&name);
            return ended.then_some(name);
        }
    }
}

async fn greet(socket: &mut WebSocket) -> bool {
    socket.send("welcome".into()).await.is_ok()
}

async fn lobby(mut socket: WebSocket, State(lobby): State<Arc<Lobby>>) {
    if let Some(name) = lobby.enter(&mut socket).await {
        tracing::info!(name, "left");
    }
}
