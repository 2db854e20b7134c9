//! What is said of a secret without the secret, and entries that may be refused.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex},
};

use axum::{
    extract::{Query, State},
    http::{HeaderMap, header},
};
use serde::Deserialize;
use sockeye::{Handshake, Sender, Socket, ws_endpoint};

/// Whether it is there, by a name that is that of a secret.
#[ws_endpoint("/presence/there")]
async fn there(handshake: Handshake, headers: HeaderMap) -> sockeye::Result {
    let has_cookie = headers.contains_key(header::COOKIE);
    let cookie = headers.contains_key("cookie");
    let auth_cookie = headers.iter().any(|(name, _)| name == "cookie");
    let no_token = headers.keys().all(|name| name != "x-token");
    let bearer =
        headers.get(header::AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(b"Bearer"));
    tracing::info!(has_cookie, cookie, auth_cookie, no_token, bearer, "asks");
    println!("cookie: {cookie}, {}", if headers.contains_key("cookie") { "yes" } else { "no" });
    echo(&mut handshake.accept().await?).await
}

async fn echo(socket: &mut Socket) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

fn check_token(headers: &HeaderMap) -> bool {
    headers.get("x-token").is_some_and(|token| token == "secret")
}

fn count_cookies(headers: &HeaderMap) -> usize {
    headers.get_all(header::COOKIE).iter().count()
}

/// A number or a `bool` of a function of the file.
#[ws_endpoint("/presence/helper")]
async fn helper(handshake: Handshake, headers: HeaderMap) -> sockeye::Result {
    let valid_token = check_token(&headers);
    let cookies = count_cookies(&headers);
    tracing::info!(valid_token, cookies, "asks");
    echo(&mut handshake.accept().await?).await
}

/// It shows only who asks.
#[derive(Deserialize)]
struct Ticket {
    user: String,
    token: String,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("user", &self.user).field("token", &self.token.len()).finish()
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {}", self.user, mask(&self.token))
    }
}

fn mask(token: &str) -> String {
    token.chars().take(2).collect()
}

/// Another form.
#[ws_endpoint("/presence/ticket")]
async fn ticket(handshake: Handshake, Query(ticket): Query<Ticket>) -> sockeye::Result {
    tracing::info!(?ticket, "asks");
    tracing::info!("{ticket} asks, {ticket:?}");
    println!("{} {:?}", ticket, ticket);
    echo(&mut handshake.accept().await?).await
}

/// A secret of its own type.
#[derive(Deserialize)]
struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("***")
    }
}

#[derive(Debug, Deserialize)]
struct Login {
    user: String,
    password: Token,
    token: Option<Token>,
}

/// Another form.
#[ws_endpoint("/presence/login")]
async fn login(handshake: Handshake, Query(login): Query<Login>) -> sockeye::Result {
    tracing::info!(?login, "tries");
    tracing::info!(password = %login.password, token = ?login.token, user = login.user, "tries");
    let Login { password, .. } = login;
    tracing::info!(%password, length = password.0.len(), "tries");
    echo(&mut handshake.accept().await?).await
}

type Names = Arc<Mutex<HashSet<String>>>;

/// Asks until the name is free.
#[ws_endpoint("/presence/free")]
async fn free(handshake: Handshake, State(taken): State<Names>) -> sockeye::Result {
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
    let ended = echo(&mut socket).await;
    taken.lock().unwrap().remove(&name);
    ended
}

/// The answer is negated, and the loop goes on.
#[ws_endpoint("/presence/again")]
async fn again(handshake: Handshake, State(taken): State<Names>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let name = loop {
        let Some(message) = socket.recv().await? else { return Ok(()) };
        let name = message.as_text().unwrap_or_default().to_owned();
        if !taken.lock().unwrap().insert(name.clone()) {
            socket.send("taken").await?;
            continue;
        }
        break name;
    };
    let ended = echo(&mut socket).await;
    taken.lock().unwrap().remove(&name);
    ended
}

/// The head of the loop inserts.
#[ws_endpoint("/presence/head")]
async fn head(handshake: Handshake, State(taken): State<Names>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut name = String::from("guest");
    while !taken.lock().unwrap().insert(name.clone()) {
        socket.send("taken").await?;
        let Some(message) = socket.recv().await? else { return Ok(()) };
        name = message.as_text().unwrap_or_default().to_owned();
    }
    let ended = echo(&mut socket).await;
    taken.lock().unwrap().remove(&name);
    ended
}

/// A map tells by `None`.
#[ws_endpoint("/presence/map")]
async fn map(
    handshake: Handshake,
    State(all): State<Arc<Mutex<HashMap<String, Sender>>>>,
) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let name = loop {
        let Some(message) = receiver.recv().await? else { return Ok(()) };
        let name = message.as_text().unwrap_or_default().to_owned();
        let before = all.lock().unwrap().insert(name.clone(), sender.clone());
        match before {
            None => break name,
            Some(_) => sender.send("taken").await?,
        }
    };
    while let Ok(Some(message)) = receiver.recv().await {
        if sender.send(message).await.is_err() {
            break;
        }
    }
    all.lock().unwrap().remove(&name);
    Ok(())
}
