use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use axum::extract::State;
use sockeye::{Handshake, ws_endpoint};
use tokio::{
    sync::mpsc,
    time::{interval, timeout},
};

static STOP: AtomicBool = AtomicBool::new(false);

/// Takes only messages seriously.
#[ws_endpoint("/ws/if_let")]
async fn if_let(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        if let Ok(Some(message)) = socket.recv().await {
            socket.send(message).await?;
        }
    }
}

/// Goes on at the end as it does at an error.
#[ws_endpoint("/ws/continue")]
async fn goes_on(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await {
            Ok(Some(message)) => socket.send(message).await?,
            Ok(None) => continue,
            Err(error) => {
                tracing::warn!(%error, "try again");
                continue;
            }
        }
    }
}

/// The rest is none of its business.
#[ws_endpoint("/ws/rest")]
async fn rest(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await? {
            Some(message) if message.as_text() == Some("bye") => return Ok(()),
            Some(message) => socket.send(message).await?,
            _ => {}
        }
    }
}

/// `Ok` does not mean that there is a message.
#[ws_endpoint("/ws/while")]
async fn while_ok(handshake: Handshake) {
    let Ok(mut socket) = handshake.accept().await else { return };
    while let Ok(message) = socket.recv().await {
        let Some(message) = message else { continue };
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// The half that receives.
#[ws_endpoint("/ws/half")]
async fn half(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    loop {
        let Some(message) = receiver.recv().await? else {
            tracing::debug!("nothing came");
            continue;
        };
        sender.send(message).await?;
    }
}

/// A branch that does not fit is skipped, so the end of the connection is never seen.
#[ws_endpoint("/ws/select")]
async fn select(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut ticks = interval(Duration::from_secs(1));
    let mut seconds = 0_u64;
    loop {
        tokio::select! {
            Ok(Some(message)) = socket.recv() => socket.send(message).await?,
            _ = ticks.tick() => seconds += 1,
        }
        tracing::trace!(seconds);
    }
}

/// Asks again and again, and never waits.
#[ws_endpoint("/ws/jobs")]
async fn jobs(handshake: Handshake, State(limit): State<usize>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (give, mut take) = mpsc::channel::<String>(limit);
    let listen = async {
        while socket.recv().await?.is_some() {}
        Ok::<(), sockeye::Error>(())
    };
    let work = async {
        loop {
            if let Ok(job) = take.try_recv() {
                tracing::info!(job);
            }
        }
    };
    drop(give);
    tokio::select! {
        ended = listen => ended,
        () = work => Ok(()),
    }
}

/// Waits for a flag without giving anybody the time to set it.
#[ws_endpoint("/ws/flag")]
async fn flag(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut turns = 0_u64;
    loop {
        if STOP.load(Ordering::Relaxed) {
            turns += 1;
        }
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Its own timeout stays.
#[ws_endpoint("/ws/patient")]
async fn patient(handshake: Handshake) {
    let Ok(mut socket) = handshake.accept().await else { return };
    loop {
        match timeout(Duration::from_secs(5), socket.recv()).await {
            Ok(Ok(Some(message))) => drop(message),
            _ => continue,
        }
    }
}

fn main() {}
