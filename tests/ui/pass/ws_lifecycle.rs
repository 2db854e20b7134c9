//! Functions that an endpoint leaves the work to, under `#[ws_lifecycle]`: what comes in and goes out of them is right.
#![deny(warnings)]

use std::time::Duration;

use axum::{extract::State, http::StatusCode};
use sockeye::{CloseCode, Handshake, Json, Receiver, Sender, Socket, ws_endpoint, ws_lifecycle};
use tokio::{sync::broadcast, time::interval};

/// Leaves all of it to others.
#[ws_endpoint("/ws/echo")]
async fn endpoint(handshake: Handshake, State(room): State<u64>) -> sockeye::Result {
    let Some(mut socket) = admit(handshake, room).await? else { return Ok(()) };
    greet(&mut socket).await?;
    echo(socket).await
}

/// Gives the socket back: who called it receives.
#[ws_lifecycle]
async fn admit(handshake: Handshake, room: u64) -> sockeye::Result<Option<Socket>> {
    if room > 99 {
        handshake.reject(StatusCode::NOT_FOUND, "no such room");
        return Ok(None);
    }
    Ok(Some(handshake.accept().await?))
}

/// Looks at a handshake that it does not own.
#[ws_lifecycle]
async fn known(handshake: &Handshake) -> bool {
    handshake.headers().contains_key("authorization")
}

#[ws_lifecycle]
async fn echo(mut socket: Socket) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A borrowed socket goes on after the function.
#[ws_lifecycle]
async fn greet(socket: &mut Socket) -> sockeye::Result {
    socket.send("who are you").await?;
    let name = socket.recv().await?;
    tracing::info!(?name);
    Ok(())
}

/// Whoever has the other half receives.
#[ws_lifecycle]
async fn push(sender: Sender<Json<u64, String>>, mut events: broadcast::Receiver<String>) -> sockeye::Result {
    loop {
        let event = events.recv().await?;
        sender.send(event).await?;
    }
}

#[ws_lifecycle]
pub(crate) async fn drain(receiver: &mut Receiver) -> sockeye::Result<usize> {
    let mut count = 0;
    while receiver.recv().await?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// Not `async`, and none of its business.
#[ws_lifecycle]
fn halves(socket: Socket) -> (Sender, Receiver) {
    socket.split()
}

/// With a type parameter, which an endpoint may not have.
#[ws_lifecycle]
async fn tell<T: std::fmt::Display>(socket: &Socket, what: T) -> sockeye::Result {
    socket.send(what.to_string()).await
}

/// Whoever called it drops it when the peer leaves.
#[ws_lifecycle]
async fn beat(sender: Sender) {
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        let _ = sender.send("alive").await;
    }
}

struct Room {
    name: String,
}

impl Room {
    #[ws_lifecycle]
    async fn serve(&self, mut socket: Socket) -> sockeye::Result {
        socket.send(self.name.as_str()).await?;
        loop {
            match socket.recv().await? {
                Some(message) if message.is_empty() => break,
                Some(message) => socket.send(message).await?,
                None => return Ok(()),
            }
        }
        self.farewell(socket).await
    }

    #[ws_lifecycle]
    async fn farewell(&self, socket: Socket) -> sockeye::Result {
        socket.close(CloseCode::NORMAL, format!("{} says bye", self.name)).await
    }

    #[ws_lifecycle(allow(no_receive_loop, reason = "the close code 1000 is the whole message"))]
    async fn knock(self, socket: Socket) -> sockeye::Result {
        socket.send(self.name).await
    }
}

fn main() {
    let _ = (known, push, drain, halves, tell::<u8>, beat, Room::serve, Room::knock);
}
