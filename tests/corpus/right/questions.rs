//! Calls of the server.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sockeye::{CallError, Handshake, Json, Question, ws_endpoint};

#[derive(Serialize)]
struct MayDelete {
    file: String,
}

#[derive(Deserialize)]
struct Decision {
    yes: bool,
}

impl Question for MayDelete {
    type Answer = Decision;
}

#[derive(Deserialize)]
struct Select {
    file: String,
}

#[derive(Serialize)]
struct Deleted {
    file: String,
}

/// Asks once; the answer is all that it hears.
#[ws_endpoint("/questions/once")]
async fn once(handshake: Handshake<Json<Select, Deleted>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let file = "all".to_owned();
    let Decision { yes } = socket.call(MayDelete { file: file.clone() }).await?;
    if yes {
        socket.send(Deleted { file }).await?;
    }
    Ok(())
}

/// Asks again and again; the calls see the client leave.
#[ws_endpoint("/questions/loop")]
async fn repeats(handshake: Handshake<Json<Select, Deleted>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut ticks = tokio::time::interval(Duration::from_secs(60));
    loop {
        ticks.tick().await;
        let file = "all".to_owned();
        if socket.call(MayDelete { file: file.clone() }).await?.yes {
            socket.send(Deleted { file }).await?;
        }
    }
}

/// Asks where it receives.
#[ws_endpoint("/questions/inline")]
async fn inline(handshake: Handshake<Json<Select, Deleted>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Select { file }) = socket.recv().await? {
        match socket.call_within(Duration::from_secs(60), MayDelete { file: file.clone() }).await {
            Ok(Decision { yes: true }) => socket.send(Deleted { file }).await?,
            Ok(_) | Err(CallError::TimedOut(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Asks in tasks, and goes on receiving.
#[ws_endpoint("/questions/tasks")]
async fn tasks(handshake: Handshake<Json<Select, Deleted>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(Select { file }) = receiver.recv().await? {
        let asks = sender.clone();
        sender.spawn(async move {
            let Ok(Decision { yes: true }) = asks.call(MayDelete { file: file.clone() }).await else {
                return;
            };
            if let Err(error) = asks.send(Deleted { file }).await {
                tracing::debug!(%error);
            }
        });
    }
    Ok(())
}
