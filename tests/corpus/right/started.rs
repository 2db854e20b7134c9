//! Tasks that a function of the file is, or starts, and that end with the connection.

use std::time::Duration;

use axum::extract::State;
use sockeye::{Handshake, Receiver, Sender, ws_endpoint};
use tokio::{
    sync::{broadcast, mpsc, watch},
    task::{JoinHandle, JoinSet},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

async fn beat(sender: Sender) {
    loop {
        sleep(Duration::from_secs(5)).await;
        if sender.send("beat").await.is_err() {
            return;
        }
    }
}

async fn greet(sender: Sender) {
    sleep(Duration::from_secs(1)).await;
    let _ = sender.send("hello").await;
}

async fn count_down(sender: Sender) {
    let mut left = 10;
    while left > 0 {
        sleep(Duration::from_secs(1)).await;
        left -= 1;
        if sender.send(left.to_string()).await.is_err() {
            return;
        }
    }
}

/// The connection owns the task, and others end by themselves.
#[ws_endpoint("/started/owned")]
async fn owned(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    sender.spawn(beat(sender.clone()));
    tokio::spawn(greet(sender.clone()));
    tokio::spawn(count_down(sender.clone()));
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// A guard aborts the task.
#[ws_endpoint("/started/guarded")]
async fn guarded(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut tasks = JoinSet::new();
    tasks.spawn(beat(sender.clone()));
    while receiver.recv().await?.is_some() {}
    Ok(())
}

async fn relay(sender: Sender, mut news: broadcast::Receiver<String>) {
    loop {
        match news.recv().await {
            Ok(line) if sender.send(line.clone()).await.is_ok() => {}
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            _ => return,
        }
    }
}

fn start_relay(sender: Sender, news: broadcast::Receiver<String>) -> JoinHandle<()> {
    tokio::spawn(relay(sender, news))
}

fn start_reader(mut receiver: Receiver) -> JoinHandle<()> {
    tokio::spawn(async move { while let Ok(Some(_)) = receiver.recv().await {} })
}

/// Both handles are aborted.
#[ws_endpoint("/started/aborted")]
async fn aborted(handshake: Handshake, State(news): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let mut relay = start_relay(sender, news.subscribe());
    let mut read = start_reader(receiver);
    tokio::select! {
        _ = &mut relay => read.abort(),
        _ = &mut read => relay.abort(),
    }
    Ok(())
}

/// The feed is the handler's own, and ends with it.
#[ws_endpoint("/started/own")]
async fn own(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (news, _) = broadcast::channel(16);
    start_relay(sender.clone(), news.subscribe());
    tokio::spawn(relay(sender, news.subscribe()));
    while let Some(message) = receiver.recv().await? {
        let _ = news.send(format!("{message:?}"));
    }
    Ok(())
}

async fn write(sender: Sender, mut queue: mpsc::Receiver<String>) {
    while let Some(line) = queue.recv().await {
        if sender.send(line).await.is_err() {
            return;
        }
    }
}

fn start_writer(sender: Sender) -> (mpsc::Sender<String>, JoinHandle<()>) {
    let (queue, lines) = mpsc::channel(16);
    (queue, tokio::spawn(write(sender, lines)))
}

/// A queue ends with its senders.
#[ws_endpoint("/started/queue")]
async fn queue(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (queue, lines) = mpsc::channel(16);
    tokio::spawn(write(sender.clone(), lines));
    let (other, _writer) = start_writer(sender);
    while let Some(message) = receiver.recv().await? {
        let _ = queue.try_send(format!("{message:?}"));
        let _ = other.try_send(format!("{message:?}"));
    }
    Ok(())
}

async fn watch_until(sender: Sender, mut count: watch::Receiver<u64>, stop: CancellationToken) {
    loop {
        tokio::select! {
            changed = count.changed() => if changed.is_err() { return },
            () = stop.cancelled() => return,
        }
        let now = *count.borrow_and_update();
        if sender.send(now.to_string()).await.is_err() {
            return;
        }
    }
}

/// A token ends the task.
#[ws_endpoint("/started/token")]
async fn token(handshake: Handshake, State(count): State<watch::Receiver<u64>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let stop = CancellationToken::new();
    let _guard = stop.clone().drop_guard();
    tokio::spawn(watch_until(sender, count, stop));
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// The task is awaited.
#[ws_endpoint("/started/awaited")]
async fn awaited(handshake: Handshake, State(news): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let relay = {
        let sender = sender.clone();
        start_relay(sender, news.subscribe())
    };
    while let Ok(Some(_)) = receiver.recv().await {}
    relay.abort();
    let _ = relay.await;
    Ok(())
}
