//! A queue that grows for as long as its client reads slowly.

use std::{collections::HashMap, sync::Arc};

use axum::extract::{Path, State};
use sockeye::{Handshake, ws_endpoint};
use tokio::sync::{Mutex, mpsc};

type Clients = Arc<Mutex<HashMap<u64, mpsc::UnboundedSender<String>>>>;

/// Others fill it.
#[ws_endpoint("/ws/inbox/{id}")]
async fn inbox(handshake: Handshake, Path(id): Path<u64>, State(clients): State<Clients>) -> sockeye::Result {
    let (outbox, mut inbox) = mpsc::unbounded_channel();
    clients.lock().await.insert(id, outbox);
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            Some(text) = inbox.recv() => socket.send(text).await?,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// The client fills it, and does not read the answers.
#[ws_endpoint("/ws/answers")]
async fn answers(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (answers, mut queue) = mpsc::unbounded_channel::<String>();
    let write = async {
        while let Some(text) = queue.recv().await {
            sender.send(text).await?;
        }
        Ok(())
    };
    let read = async {
        while let Some(message) = receiver.recv().await? {
            answers.send(message.as_text().unwrap_or_default().to_owned())?;
        }
        Ok(())
    };
    tokio::select! { ended = write => ended, ended = read => ended }
}

fn main() {}
