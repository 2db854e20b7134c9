//! Registrations that are always undone, logins in time, and locks that are released. A layer compares the origin.
use axum::extract::{
    Path, State,
    ws::{Message, WebSocket},
};
use futures_util::{SinkExt, StreamExt};
use sockeye::{Handshake, Socket, ws_endpoint};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::{RwLock, mpsc};

struct Park {
    bikes: Mutex<HashMap<u32, String>>,
    board: tokio::sync::Mutex<Vec<String>>,
}
impl Park {
    fn check_in(&self, id: u32) {
        self.bikes.lock().unwrap().insert(id, "new".into());
    }
    fn check_out(&self, id: u32) {
        self.bikes.lock().unwrap().remove(&id);
    }
    fn watch(self: &Arc<Self>, id: u32) -> Watching {
        Watching { park: Arc::clone(self), id }
    }
    fn unwatch(&self, id: u32) {
        self.bikes.lock().unwrap().remove(&id);
    }
}
struct Watching {
    park: Arc<Park>,
    id: u32,
}
impl Drop for Watching {
    fn drop(&mut self) {
        self.park.unwatch(self.id);
    }
}
async fn serve(socket: &mut Socket) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
/// The result is kept until the bike is checked out.
#[ws_endpoint("/park/{id}")]
async fn park(handshake: Handshake, Path(id): Path<u32>, State(park): State<Arc<Park>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    park.check_in(id);
    let result = serve(&mut socket).await;
    park.check_out(id);
    result
}
async fn watched(
    mut socket: WebSocket,
    Path(id): Path<u32>,
    State(park): State<Arc<Park>>,
) -> Result<(), axum::Error> {
    let _watching = park.watch(id);
    while let Some(message) = socket.recv().await {
        socket.send(message?).await?;
    }
    Ok(())
}
async fn checked(mut socket: WebSocket, Path(id): Path<u32>, State(park): State<Arc<Park>>) {
    park.check_in(id);
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
    park.check_out(id);
}
/// Commands of the client, not of the connection.
async fn commands(mut socket: WebSocket, State(park): State<Arc<Park>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let Ok(text) = message.to_text() else { continue };
        match text {
            "in" => park.check_in(1),
            "out" => park.check_out(1),
            _ => return,
        }
    }
}
struct Wire {
    socket: WebSocket,
}
impl Wire {
    async fn login(&mut self) -> bool {
        match tokio::time::timeout(Duration::from_secs(5), self.socket.recv()).await {
            Ok(Some(Ok(Message::Text(text)))) => text.starts_with("token "),
            _ => false,
        }
    }
    async fn token(&mut self) -> Option<String> {
        let message = self.socket.recv().await?.ok()?;
        message.to_text().ok().map(str::to_owned)
    }
    async fn serve(mut self) {
        if !self.login().await {
            return;
        }
        let token = tokio::time::timeout(Duration::from_secs(5), self.token()).await;
        if token.is_err() {
            return;
        }
        while let Some(Ok(message)) = self.socket.recv().await {
            if self.socket.send(message).await.is_err() {
                break;
            }
        }
    }
}
