//! Known mistakes, written in other ways.

use std::time::Duration;

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _, TryFutureExt as _, future};
use sockeye::{CloseCode, Handshake, Message, Receiver, Sender, Socket, ws_endpoint};
use tokio::{
    runtime::Handle,
    sync::{broadcast, mpsc, watch},
    task,
    time::{interval, sleep, timeout},
};

/// One way out of many has no answer.
#[ws_endpoint("/rewritten/{room}/never")]
async fn never(handshake: Handshake, Path(room): Path<String>, State(open): State<bool>) -> sockeye::Result {
    let reason = 'check: {
        if room.is_empty() {
            break 'check "no name";
        }
        if !open {
            break 'check "closed";
        }
        let mut socket = handshake.accept().await?;
        while socket.recv().await?.is_some() {}
        return Ok(());
    };
    tracing::info!(reason);
    Ok(()) //~ never_accepted
}

/// A `match` with an arm that only logs.
#[ws_endpoint("/rewritten/{room}/match")]
async fn matched(handshake: Handshake, Path(room): Path<String>) -> sockeye::Result {
    match room.parse::<u32>() {
        Ok(_) => {
            let mut socket = handshake.accept().await?;
            while let Some(message) = socket.recv().await? {
                socket.send(message).await?;
            }
            Ok(())
        }
        Err(error) => {
            tracing::warn!(%error);
            Ok(()) //~ never_accepted
        }
    }
}

/// `let else` that leaves too early.
#[ws_endpoint("/rewritten/{room}/else")]
async fn otherwise(handshake: Handshake, Path(room): Path<String>) -> sockeye::Result {
    let Some(name) = room.strip_prefix("room-") else {
        return Ok(()); //~ never_accepted
    };
    let mut socket = handshake.accept().await?;
    socket.send(name).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Panics by a path.
#[ws_endpoint("/rewritten/panics")]
async fn panics(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = Socket::recv(&mut socket).await.unwrap() { //~ panicking_io
        Socket::send(&socket, message).await.expect("sent"); //~ panicking_io
    }
    Ok(())
}

/// Panics in a task.
#[ws_endpoint("/rewritten/panics-in-task")]
async fn panics_in_task(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut ticks = interval(Duration::from_secs(1));
    let ticking = task::spawn(async move {
        loop {
            ticks.tick().await;
            sender.send("tick").await.unwrap(); //~ panicking_io
        }
    });
    while receiver.recv().await?.is_some() {}
    ticking.abort();
    Ok(())
}

/// After `close`, by a path.
#[ws_endpoint("/rewritten/after")]
async fn after(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(message) = receiver.recv().await? {
        if message.is_empty() {
            Sender::close(&sender, CloseCode::NORMAL, "bye").await?;
            Sender::send(&sender, "bye").await?; //~ io_after_close
            return Ok(());
        }
    }
    Ok(())
}

/// Twice, by a helper and by itself.
#[ws_endpoint("/rewritten/twice")]
async fn twice(handshake: Handshake) -> sockeye::Result {
    let first = handshake.accept().await;
    let Ok(mut socket) = first else {
        let _again = Handshake::accept(handshake).await?; //~ accepted_twice
        return Ok(());
    };
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A generic function spins.
async fn skip<C>(socket: &mut Socket<C>) -> sockeye::Result
where
    C: sockeye::Codec,
{
    loop {
        match socket.recv().await { //~ spinning_loop
            Ok(Some(_)) | Ok(None) => {}
            Err(error) => return Err(error),
        }
    }
}

/// `timeout` in a loop that spins.
#[ws_endpoint("/rewritten/timeout")]
async fn timed(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match timeout(Duration::from_secs(30), socket.recv()).await { //~ spinning_loop
            Ok(Ok(Some(message))) => socket.send(message).await?,
            Ok(Ok(None)) => tracing::debug!("nothing"),
            Ok(Err(error)) => return Err(error),
            Err(_) => socket.send("still there?").await?,
        }
    }
}

/// A method of a struct with the socket sends and sends.
struct Clock {
    socket: Socket,
    every: Duration,
}

impl Clock {
    async fn run(mut self) -> sockeye::Result {
        loop {
            sleep(self.every).await;
            self.socket.send("tick").await?; //~ deaf_loop
        }
    }

    async fn shout(mut self) {
        loop {
            sleep(self.every).await;
            let _ = self.socket.send("tick").await; //~ deaf_loop, swallowed_error
        }
    }
}

/// Runs one of them.
#[ws_endpoint("/rewritten/clock")]
async fn clock(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    Clock { socket, every: Duration::from_secs(1) }.shout().await;
    Ok(())
}

/// A closure that returns an `async` block.
#[ws_endpoint("/rewritten/closure")]
async fn closure(handshake: Handshake, State(level): State<watch::Receiver<u8>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = |mut level: watch::Receiver<u8>| async move {
        while level.changed().await.is_ok() {
            let now = *level.borrow_and_update();
            sender.send(now.to_string()).await.ok(); //~ swallowed_error
        }
    };
    let reading = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(push(level), reading);
    Ok(())
}

/// Boxed, and with a span.
#[ws_endpoint("/rewritten/boxed")]
async fn boxed(handshake: Handshake, State(level): State<watch::Receiver<u8>>) -> sockeye::Result {
    use tracing::Instrument as _;
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = report(sender, level).instrument(tracing::info_span!("report")).boxed();
    let reading = async { while let Ok(Some(_)) = receiver.recv().await {} };
    future::join(pushing, reading).await;
    Ok(())
}

async fn report(sender: Sender, mut level: watch::Receiver<u8>) {
    loop {
        let Ok(()) = level.changed().await else { return };
        let now = *level.borrow_and_update();
        sender.send(now.to_string()).await.unwrap_or_else(|error| tracing::warn!(%error)); //~ swallowed_error
    }
}

/// A task pushes, and the handler is over, and the connection with it.
#[ws_endpoint("/rewritten/over")]
async fn over(handshake: Handshake) -> sockeye::Result {
    let (sender, _receiver) = handshake.accept().await?.split();
    tokio::spawn(async move { //~ detached_task
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            if sender.send("tick").await.is_err() { //~ deaf_loop
                break;
            }
        }
    });
    Ok(())
}

/// The same with a function.
#[ws_endpoint("/rewritten/over-with-function")]
async fn over_with_function(handshake: Handshake, State(level): State<watch::Receiver<u8>>) -> sockeye::Result {
    let (sender, _) = handshake.accept().await?.split(); //~ no_receive_loop
    tokio::spawn(tell(sender, level)); //~ detached_task
    Ok(())
}

async fn tell(sender: Sender, mut level: watch::Receiver<u8>) {
    while level.changed().await.is_ok() {
        let now = *level.borrow_and_update();
        if sender.send(now.to_string()).await.is_err() {
            break;
        }
    }
}
