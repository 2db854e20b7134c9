//! `select!` without a loop, and loops that only send.

use std::time::Duration;
use axum::extract::State;
use sockeye::{Handshake, Sender, ws_endpoint};
use tokio::{sync::{broadcast}, time::{sleep}};

/// Select.
#[ws_endpoint("/one_select/select")]
async fn select(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?; //~ no_receive_loop
    let mut events = events.subscribe();
    tokio::select! {
        message = socket.recv() => {
            if let Some(message) = message? {
                socket.send(message).await?;
            }
        }
        event = events.recv() => {
            if let Ok(event) = event {
                socket.send(event).await?;
            }
        }
    }
    Ok(())
}

/// Select2.
#[ws_endpoint("/one_select/select2")]
async fn select2(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?; //~ no_receive_loop
    tokio::select! {
        message = socket.recv() => match message? {
            Some(message) => socket.send(message).await?,
            None => return Ok(()),
        },
        () = sleep(Duration::from_secs(5)) => socket.send("too slow").await?,
    }
    Ok(())
}

/// While done.
#[ws_endpoint("/one_select/while")]
async fn while_done(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?; //~ no_receive_loop
    let mut done = false;
    let mut count = 0;
    while !done {
        socket.send(count.to_string()).await?;
        count += 1;
        done = count > 10;
    }
    Ok(())
}

/// While done2.
#[ws_endpoint("/one_select/while2")]
async fn while_done2(handshake: Handshake, State(jobs): State<Jobs>) -> sockeye::Result {
    let socket = handshake.accept().await?; 
    let mut done = false;
    while !done {
        let status = jobs.status().await;
        socket.send(status.text()).await?; //~ deaf_loop
        done = status.is_done();
        sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

