//! Logins that a method or a helper receives, none with a limit. A layer compares the origin.
use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket};

struct Keys { api_key: String }
impl Keys { fn verify_jwt(&self, jwt: &str) -> Option<u64> { jwt.strip_prefix(&self.api_key)?.parse().ok() } }

struct Conn { socket: WebSocket, user: Option<u64> }
impl Conn {
    async fn handshake(&mut self, keys: &Keys) -> Option<()> {
        let message = self.socket.recv().await?.ok()?; //~ login_deadline
        self.user = Some(keys.verify_jwt(message.to_text().ok()?)?);
        Some(())
    }
    /// An order, in the middle
    async fn next_token(&mut self) -> Option<String> {
        let message = self.socket.recv().await?.ok()?;
        Some(message.to_text().ok()?.to_owned())
    }
}

struct Greeter { socket: WebSocket, name: String }
impl Greeter {
    /// No login
    async fn greet(&mut self) -> Option<()> {
        let message = self.socket.recv().await?.ok()?;
        self.name = message.to_text().ok()?.to_owned();
        Some(())
    }
}

async fn text(socket: &mut WebSocket) -> Option<String> {
    match socket.recv().await?.ok()? {
        Message::Text(text) => Some(text.to_string()),
        _ => None,
    }
}
async fn shell(mut socket: WebSocket, keys: Arc<Keys>) {
    let Some(key) = text(&mut socket).await else { return }; //~ login_deadline
    if key != keys.api_key { return }
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() { return }
    }
}
async fn order(mut socket: WebSocket) {
    let Some(order) = text(&mut socket).await else { return };
    tracing::info!(%order);
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() { return }
    }
}
