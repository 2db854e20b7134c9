//! Secrets in the log beside what only tells of them, and entries that stay behind once they were taken.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex},
};

use axum::{
    extract::{Query, State},
    http::HeaderMap,
};
use serde::Deserialize;
use sockeye::{Handshake, ws_endpoint};

/// The value, and not only whether it is there.
#[ws_endpoint("/secrets/both")]
async fn both(handshake: Handshake, headers: HeaderMap) -> sockeye::Result {
    let has_cookie = headers.contains_key("cookie");
    let cookie = headers.get("cookie");
    tracing::info!(has_cookie, "asks");
    tracing::info!(?cookie, "asks"); //~ secret_in_log
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// By hand, with the token in it.
#[derive(Deserialize)]
struct Shown {
    user: String,
    token: String,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").field("user", &self.user).field("token", &self.token).finish()
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.user)
    }
}

/// Another form.
#[ws_endpoint("/secrets/by_hand")]
async fn by_hand(handshake: Handshake, Query(shown): Query<Shown>) -> sockeye::Result {
    tracing::info!(%shown, "asks");
    tracing::info!(?shown, "asks"); //~ secret_in_log
    println!("{shown:?} asks"); //~ secret_in_log
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[derive(Debug, Deserialize)]
struct Key(String);

#[derive(Debug, Deserialize)]
struct Nested {
    api_key: Key,
}

/// A type of its own that hides nothing.
#[ws_endpoint("/secrets/nested")]
async fn nested(handshake: Handshake, Query(nested): Query<Nested>) -> sockeye::Result {
    tracing::info!(?nested, "asks"); //~ secret_in_log
    tracing::info!(key = ?nested.api_key, "asks"); //~ secret_in_log
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

type Names = Arc<Mutex<HashSet<String>>>;

/// The name is free, and then nothing frees it.
#[ws_endpoint("/cleanup/named")]
async fn named(handshake: Handshake, State(taken): State<Names>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let name = loop {
        let Some(message) = socket.recv().await? else { return Ok(()) };
        let name = message.as_text().unwrap_or_default().to_owned();
        let free = taken.lock().unwrap().insert(name.clone());
        if free {
            break name;
        }
        socket.send("taken").await?;
    };
    while let Some(message) = socket.recv().await? { //~ skipped_cleanup
        socket.send(message).await?;
    }
    taken.lock().unwrap().remove(&name);
    Ok(())
}

/// In the branch of the answer.
#[ws_endpoint("/cleanup/branch")]
async fn branch(handshake: Handshake, State(taken): State<Names>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(message) = socket.recv().await? else { return Ok(()) };
    let name = message.as_text().unwrap_or_default().to_owned();
    if taken.lock().unwrap().insert(name.clone()) {
        socket.send("welcome").await?; //~ skipped_cleanup
        while let Ok(Some(message)) = socket.recv().await {
            tracing::info!("{}", message.as_text().unwrap_or_default());
        }
        taken.lock().unwrap().remove(&name);
    }
    Ok(())
}

/// The head of the loop inserts.
#[ws_endpoint("/cleanup/head")]
async fn head(handshake: Handshake, State(taken): State<Names>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut name = String::from("guest");
    while !taken.lock().unwrap().insert(name.clone()) {
        socket.send("taken").await?;
        let Some(message) = socket.recv().await? else { return Ok(()) };
        name = message.as_text().unwrap_or_default().to_owned();
    }
    while let Some(message) = socket.recv().await? { //~ skipped_cleanup
        socket.send(message).await?;
    }
    taken.lock().unwrap().remove(&name);
    Ok(())
}
