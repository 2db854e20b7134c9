//! The mistake is in a task that a function of the file is, or starts.

use std::time::Duration;

use axum::extract::State;
use sockeye::{Handshake, Sender, ws_endpoint};
use tokio::{
    sync::{broadcast, watch},
    task::JoinHandle,
    time::{interval, sleep},
};

async fn beat(sender: Sender) {
    loop {
        sleep(Duration::from_secs(5)).await;
        let _ = sender.send("beat").await; //~ swallowed_error
    }
}

/// A beat beside an echo.
#[ws_endpoint("/beat")]
async fn beating(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    tokio::spawn(beat(sender.clone())); //~ detached_task
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// The same in a block.
#[ws_endpoint("/beat/block")]
async fn beating_in_a_block(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let out = sender.clone();
    tokio::spawn(async move { beat(out).await }); //~ detached_task
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

async fn relay(sender: Sender, mut news: broadcast::Receiver<String>) {
    loop {
        match news.recv().await {
            Ok(line) => {
                if sender.send(line).await.is_err() {
                    return;
                }
            }
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

fn start_relay(sender: Sender, news: broadcast::Receiver<String>) -> JoinHandle<()> {
    tokio::spawn(relay(sender, news))
}

fn start_counter(sender: Sender, mut count: watch::Receiver<u64>) -> JoinHandle<()> {
    tokio::spawn(async move {
        while count.changed().await.is_ok() {
            let now = *count.borrow_and_update();
            if sender.send(now.to_string()).await.is_err() {
                break;
            }
        }
    })
}

/// The handle is dropped.
#[ws_endpoint("/relay/dropped")]
async fn dropped(handshake: Handshake, State(news): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    start_relay(sender, news.subscribe()); //~ detached_task
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// The handle is dropped by `let _`.
#[ws_endpoint("/counter")]
async fn counter(handshake: Handshake, State(count): State<watch::Receiver<u64>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let _ = start_counter(sender, count); //~ detached_task
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// The handle is moved into `select!`.
#[ws_endpoint("/relay/selected")]
async fn selected(handshake: Handshake, State(news): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let relay = start_relay(sender, news.subscribe()); //~ orphaned_task
    let read = tokio::spawn(async move { while let Ok(Some(_)) = receiver.recv().await {} });
    tokio::select! {
        _ = relay => {}
        _ = read => {}
    }
    Ok(())
}

/// The handle is aborted on one path only.
#[ws_endpoint("/relay/aborted")]
async fn aborted(handshake: Handshake, State(news): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let relay = start_relay(sender.clone(), news.subscribe());
    while let Some(message) = receiver.recv().await? { //~ orphaned_task
        sender.send(message).await?;
    }
    relay.abort();
    Ok(())
}

/// The clone for the task is in a block of its own.
#[ws_endpoint("/relay/block")]
async fn cloned_in_a_block(handshake: Handshake, State(news): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = {
        let out = sender.clone();
        let mut news = news.subscribe();
        tokio::spawn(async move {
            while let Ok(line) = news.recv().await { //~ lagged_feed
                if out.send(line).await.is_err() {
                    break;
                }
            }
        })
    };
    while let Some(message) = receiver.recv().await? { //~ orphaned_task
        sender.send(message).await?;
    }
    pushing.abort();
    Ok(())
}

struct Clock {
    sender: Sender,
    seconds: watch::Receiver<u64>,
}

impl Clock {
    fn start(self) -> JoinHandle<()> {
        tokio::spawn(self.show())
    }

    async fn show(mut self) {
        while self.seconds.changed().await.is_ok() {
            let now = self.seconds.borrow_and_update().to_string();
            if self.sender.send(now).await.is_err() {
                return;
            }
        }
    }
}

/// A method starts the task.
#[ws_endpoint("/clock/started")]
async fn clock(handshake: Handshake, State(seconds): State<watch::Receiver<u64>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let clock = Clock { sender, seconds };
    let _ = clock.start(); //~ detached_task
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// A slow clock.
#[ws_endpoint("/clock/slow")]
async fn slow(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let ticking = {
        let sender = sender.clone();
        tokio::spawn(async move {
            let mut minutes = interval(Duration::from_secs(60));
            loop {
                minutes.tick().await;
                if sender.send("a minute").await.is_err() {
                    return;
                }
            }
        })
    };
    while let Some(message) = receiver.recv().await? { //~ orphaned_task
        sender.send(message).await?;
    }
    ticking.abort();
    Ok(())
}
