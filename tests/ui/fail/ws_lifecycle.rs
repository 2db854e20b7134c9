//! Functions that an endpoint leaves the work to, under `#[ws_lifecycle]`.

use std::time::Duration;

use axum::http::StatusCode;
use sockeye::{CloseCode, Handshake, Json, Receiver, Sender, Socket, ws_lifecycle};
use tokio::{sync::broadcast, time::interval};

#[ws_lifecycle]
async fn admit(handshake: Handshake, room: u64) -> sockeye::Result {
    if room > 99 {
        tracing::info!("no such room");
        return Ok(());
    }
    echo(handshake.accept().await?).await
}

#[ws_lifecycle]
async fn admit_or_refuse(handshake: Handshake) -> sockeye::Result<Socket> {
    let socket = handshake.accept().await?;
    if socket.peer().is_none() {
        return Err(handshake.reject(StatusCode::FORBIDDEN, "who are you"));
    }
    Ok(socket)
}

#[ws_lifecycle]
async fn echo(mut socket: Socket) -> sockeye::Result {
    if let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

#[ws_lifecycle]
async fn greet(socket: &mut Socket<Json<u64, String>>) -> sockeye::Result {
    let _ = socket.send("welcome".to_owned());
    Ok(())
}

#[ws_lifecycle]
pub async fn farewell(socket: Socket) -> sockeye::Result {
    socket.close(CloseCode::NORMAL, "bye").await?;
    socket.send("bye").await
}

#[ws_lifecycle]
async fn beat(sender: Sender) {
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        sender.send("alive").ok();
    }
}

#[ws_lifecycle]
async fn push(socket: Socket, mut events: broadcast::Receiver<String>) -> sockeye::Result {
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(broadcast::error::RecvError::Lagged(_)) => continue,
            Err(broadcast::error::RecvError::Closed) => break,
        };
        socket.send(event).await?;
    }
    Ok(())
}

struct Room {
    sleepy: bool,
}

impl Room {
    #[ws_lifecycle]
    async fn listen(&self, receiver: &mut Receiver) -> sockeye::Result {
        loop {
            if self.sleepy {
                std::thread::sleep(Duration::from_millis(10));
            }
            if let Ok(Some(message)) = receiver.recv().await {
                tracing::info!(?message);
            }
        }
    }
}

fn main() {}
