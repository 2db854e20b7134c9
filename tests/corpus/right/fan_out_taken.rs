//! Lists that are taken out of a lock, and streams, of which no client waits for another.

use std::{collections::VecDeque, sync::Arc};

use axum::extract::State;
use futures_util::{StreamExt, future::join_all, stream};
use sockeye::{Handshake, Message, Sender, ws_endpoint};
use tokio::sync::{Mutex, RwLock, oneshot};

/// Taken out, and sent to together.
#[ws_endpoint("/taken-out/together")]
async fn together(handshake: Handshake, State(players): State<Arc<Mutex<Vec<Sender>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let left = std::mem::take(&mut *players.lock().await);
        let sent = join_all(left.iter().map(|player| player.send(message.clone()))).await;
        let here = left.into_iter().zip(sent).filter_map(|(player, sent)| sent.is_ok().then_some(player));
        players.lock().await.extend(here);
    }
    Ok(())
}

/// Messages that are taken out go to one client.
#[ws_endpoint("/taken-out/outbox")]
async fn outbox(handshake: Handshake, State(outbox): State<Arc<Mutex<Vec<Message>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let waiting = std::mem::take(&mut *outbox.lock().await);
        for message in waiting {
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// Those that wait for an answer are told at once.
#[ws_endpoint("/taken-out/waiters")]
async fn waiters(
    handshake: Handshake,
    State(waiters): State<Arc<Mutex<VecDeque<oneshot::Sender<String>>>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let mut told = std::mem::replace(&mut *waiters.lock().await, VecDeque::new());
        while let Some(waiter) = told.pop_front() {
            let _ = waiter.send(message.as_text().unwrap_or_default().to_owned());
        }
    }
    Ok(())
}

/// A stream of what one client gets.
#[ws_endpoint("/taken-out/stream")]
async fn streamed(handshake: Handshake, State(history): State<Arc<RwLock<Vec<Message>>>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let past = history.read().await.clone();
    stream::iter(past)
        .for_each(|message| {
            let sender = sender.clone();
            async move {
                let _ = sender.send(message).await;
            }
        })
        .await;
    while receiver.recv().await?.is_some() {}
    Ok(())
}
