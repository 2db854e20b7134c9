//! Types of messages that serde cannot read or write.

use serde::{Deserialize, Serialize};
use sockeye::{Handshake, Json, ws_endpoint};

struct Nothing {
    pause: bool,
}

#[derive(Debug, Deserialize)]
struct Question {
    left: i32,
}

#[derive(Debug, Serialize)]
struct Answer {
    sum: i32,
}

/// Neither.
#[ws_endpoint("/ws/nothing")]
async fn nothing(handshake: Handshake<Json<Nothing>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(command) = socket.recv().await? {
        socket.send(command).await?;
    }
    Ok(())
}

/// The wrong way round.
#[ws_endpoint("/ws/turned")]
async fn turned(handshake: Handshake<Json<Answer, Question>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(answer) = socket.recv().await? {
        socket.send(Question { left: answer.sum }).await?;
    }
    Ok(())
}

/// A type that other files can name, in a program without other files.
pub struct Public {
    pub pause: bool,
}

/// It has both derives to write.
#[ws_endpoint("/ws/public")]
async fn public(handshake: Handshake<Json<Public>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(command) = socket.recv().await? {
        socket.send(command).await?;
    }
    Ok(())
}

type Lists = Json<Vec<Nothing>, Option<Answer>>;

/// Documented.
#[ws_endpoint("/ws/list")]
async fn list(handshake: Handshake<Json<Vec<Nothing>, Option<Answer>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(all) = socket.recv().await? {
        socket.send(Some(Answer { sum: all.len() as i32 })).await?;
    }
    Ok(())
}

/// Documented.
#[ws_endpoint("/ws/alias")]
async fn alias(handshake: Handshake<Lists>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(all) = socket.recv().await? {
        socket.send(Some(Answer { sum: all.len() as i32 })).await?;
    }
    Ok(())
}

fn main() {}
