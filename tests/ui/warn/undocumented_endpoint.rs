//! Nobody knows what these want of a client.

use serde::{Deserialize, Serialize};
use sockeye::{Handshake, Json, Socket, ws_endpoint};

#[ws_endpoint("/ws/bare")]
async fn bare(handshake: Handshake) -> sockeye::Result {
    echo(handshake.accept().await?).await
}

// A comment is for whoever reads the code.
#[allow(dead_code)]
#[ws_endpoint("/ws/comment", max_message_size = "1 KiB")]
pub async fn comment(handshake: Handshake) -> sockeye::Result {
    echo(handshake.accept().await?).await
}

async fn echo(mut socket: Socket) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Question {
    left: i64,
    right: i64,
}

#[derive(Serialize)]
struct Answer {
    sum: i64,
}

#[ws_endpoint("/ws/add")]
async fn add(handshake: Handshake<Json<Question, Answer>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Question { left, right }) = socket.recv().await? {
        socket.send(Answer { sum: left + right }).await?;
    }
    Ok(())
}

#[ws_endpoint("/ws/count")]
async fn count(handshake: Handshake<Json<(), Answer>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut sum = 0;
    while socket.recv().await?.is_some() {
        sum += 1;
        socket.send(Answer { sum }).await?;
    }
    Ok(())
}

fn main() {}
