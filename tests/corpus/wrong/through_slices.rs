//! Slices of senders, feeds in tuple structs, and logins through helpers.
use std::{sync::Arc, time::Duration};

use axum::extract::State;
use sockeye::{CloseCode, Handshake, Sender, Socket, ws_endpoint};
use tokio::{sync::{RwLock, broadcast}, time::timeout};

struct Watchers { list: RwLock<Vec<Sender>>, alerts: broadcast::Sender<String>, pins: Vec<String>, api_key: String }

async fn notify_all(watchers: &[Sender], alert: &str) {
    for watcher in watchers {
        let _ = watcher.send(alert).await; //~ fan_out_in_turn
    }
}
/// Both of a game
async fn tell_both(players: &[Sender; 2], text: &str) -> sockeye::Result {
    for player in players {
        player.send(text).await?;
    }
    Ok(())
}
/// The list is copied first
#[ws_endpoint("/slices/alerts")]
async fn alerts(handshake: Handshake, State(watchers): State<Arc<Watchers>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    watchers.list.write().await.push(sender);
    while let Some(alert) = receiver.recv().await? {
        let list = watchers.list.read().await.clone();
        notify_all(&list, alert.as_text().unwrap_or("?")).await;
    }
    Ok(())
}

struct Edits(broadcast::Receiver<String>);
impl Edits {
    async fn next(&mut self) -> Option<String> { self.0.recv().await.ok() }
    async fn next_or_skip(&mut self) -> Option<String> {
        loop {
            match self.0.recv().await {
                Ok(edit) => return Some(edit),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
/// A lag ends it
#[ws_endpoint("/slices/edits")]
async fn edits(handshake: Handshake, State(watchers): State<Arc<Watchers>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut edits = Edits(watchers.alerts.subscribe());
    loop {
        tokio::select! {
            edit = edits.next() => match edit {
                Some(edit) => socket.send(edit).await?,
                None => return Ok(()), //~ lagged_feed
            },
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}
/// A lag is skipped
#[ws_endpoint("/slices/all-edits")]
async fn all_edits(handshake: Handshake, State(watchers): State<Arc<Watchers>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut edits = Edits(watchers.alerts.subscribe());
    loop {
        tokio::select! {
            edit = edits.next_or_skip() => match edit {
                Some(edit) => socket.send(edit).await?,
                None => return Ok(()),
            },
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// A pin that may be wrong
#[ws_endpoint("/slices/kiosk")]
async fn kiosk(handshake: Handshake, State(watchers): State<Arc<Watchers>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let pin = match socket.recv().await? { //~ login_deadline
        Some(message) => message.as_text().unwrap_or_default().to_owned(),
        None => return Ok(()),
    };
    if !watchers.pins.contains(&pin) {
        return socket.close(CloseCode::POLICY_VIOLATION, "wrong pin").await;
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
/// A pin on a map
#[ws_endpoint("/slices/map")]
async fn map(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(pin) = socket.recv().await? else { return Ok(()) };
    socket.send(pin).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

async fn text(socket: &mut Socket) -> Option<String> {
    let message = socket.recv().await.ok()??;
    message.as_text().map(str::to_owned)
}
async fn text_in_time(socket: &mut Socket) -> Option<String> {
    let message = timeout(Duration::from_secs(5), socket.recv()).await.ok()?.ok()??;
    message.as_text().map(str::to_owned)
}
/// Through a helper
#[ws_endpoint("/slices/shell")]
async fn shell(handshake: Handshake, State(watchers): State<Arc<Watchers>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(token) = text(&mut socket).await else { return Ok(()) }; //~ login_deadline
    if token != watchers.api_key {
        return socket.close(CloseCode::POLICY_VIOLATION, "no").await;
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
/// Through a helper with a limit
#[ws_endpoint("/slices/shell-in-time")]
async fn shell_in_time(handshake: Handshake, State(watchers): State<Arc<Watchers>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(token) = text_in_time(&mut socket).await else { return Ok(()) };
    if token != watchers.api_key {
        return socket.close(CloseCode::POLICY_VIOLATION, "no").await;
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
/// Through a helper, an order
#[ws_endpoint("/slices/order")]
async fn order(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(order) = text(&mut socket).await else { return Ok(()) };
    socket.send(order).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
