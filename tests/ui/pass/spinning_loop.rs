//! Loops that end with the connection, one way or the other.
#![deny(warnings)]

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use axum::extract::State;
use sockeye::{Error, Handshake, Message, Socket, ws_endpoint};
use tokio::{
    sync::{Notify, mpsc},
    time::{interval, timeout},
};

/// Errors and the end are told apart.
#[ws_endpoint("/ws/match")]
async fn matched(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await {
            Ok(Some(message)) => socket.send(message).await?,
            Ok(None) => break,
            Err(error) if error.is_disconnect() => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// An error is followed by `None`, which ends the loop.
#[ws_endpoint("/ws/patient")]
async fn patient(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await {
            Ok(Some(message)) => socket.send(message).await?,
            Err(error) if error.is_disconnect() => {}
            Err(error) => tracing::warn!(%error, "not understood"),
            Ok(None) => return Ok(()),
        }
    }
}

/// Goes on at messages that are not its own.
#[ws_endpoint("/ws/continue")]
async fn goes_on(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let Some(message) = socket.recv().await? else { return Ok(()) };
        let Message::Text(text) = message else { continue };
        if text.is_empty() {
            continue;
        }
        socket.send(text).await?;
    }
}

/// A label leads out of two loops.
#[ws_endpoint("/ws/label")]
async fn label(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut words = Vec::new();
    'connection: loop {
        words.clear();
        while words.len() < 3 {
            match socket.recv().await? {
                Some(word) => words.push(word),
                None => break 'connection,
            }
        }
        for word in words.drain(..) {
            socket.send(word).await?;
        }
    }
    Ok(())
}

/// A flag leads out.
#[ws_endpoint("/ws/flag")]
async fn flag(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut open = true;
    while open {
        match socket.recv().await? {
            Some(message) => socket.send(message).await?,
            None => open = false,
        }
    }
    Ok(())
}

/// A function says whether to go on.
#[ws_endpoint("/ws/flow")]
async fn flow(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let message = socket.recv().await?;
        if let ControlFlow::Break(()) = step(&socket, message).await? {
            return Ok(());
        }
    }
}

/// `None` becomes an error, which leads out.
#[ws_endpoint("/ws/ok_or")]
async fn ok_or(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let message = socket.recv().await?.ok_or_else(|| Error::new("gone"))?;
        socket.send(message).await?;
    }
}

/// A branch that does not fit is skipped; `else` comes when none is left.
#[ws_endpoint("/ws/select")]
async fn select(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            Ok(Some(message)) = socket.recv() => socket.send(message).await?,
            else => return Ok(()),
        }
    }
}

/// A loop that does not wait and has an end.
#[ws_endpoint("/ws/drain")]
async fn drain(handshake: Handshake) -> sockeye::Result {
    let (give, mut take) = mpsc::channel::<String>(8);
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        give.send(format!("{message:?}")).await?;
        while let Ok(line) = take.try_recv() {
            tracing::info!(line);
        }
        loop {
            if give.capacity() > 0 {
                break;
            }
        }
        for _ in 0..3 {
            tracing::debug!("three times");
        }
    }
    Ok(())
}

/// Goes round for ever, and waits each time: a select beside it ends it.
#[ws_endpoint("/ws/ticks")]
async fn ticks(handshake: Handshake, State(period): State<Duration>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let count = async {
        let mut ticks = interval(period);
        loop {
            ticks.tick().await;
            tracing::trace!("tick");
        }
    };
    let listen = async {
        while socket.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! {
        () = count => Ok(()),
        ended = listen => ended,
    }
}

/// A macro that nobody knows may be a way out.
#[ws_endpoint("/ws/macro")]
async fn by_macro(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let message = or_return!(socket.recv().await?);
        socket.send(message).await?;
    }
}

/// Two phases: the end of the first is the end of the second.
#[ws_endpoint("/ws/phases")]
async fn phases(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.as_text() == Some("begin") {
            break;
        }
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Waits when there is nothing to do.
#[ws_endpoint("/ws/queue")]
async fn queue(handshake: Handshake, State(wake): State<Arc<Notify>>) -> sockeye::Result {
    let (give, mut take) = mpsc::channel::<String>(8);
    let mut socket = handshake.accept().await?;
    let work = async {
        loop {
            if take.is_empty() {
                wake.notified().await;
            }
            if let Ok(job) = take.try_recv() {
                tracing::info!(job);
            }
        }
    };
    let listen = async {
        while let Some(message) = socket.recv().await? {
            give.send(format!("{message:?}")).await?;
            wake.notify_one();
        }
        Ok(())
    };
    tokio::select! {
        () = work => Ok(()),
        ended = listen => ended,
    }
}

/// Asked in other ways whether there is a message.
#[ws_endpoint("/ws/asked")]
async fn asked(handshake: Handshake, State(strict): State<bool>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let message = socket.recv().await?;
        if message.is_none() {
            break;
        }
        match (socket.recv().await?, strict) {
            (Some(message), true) => socket.send(message).await?,
            (None, _) => break,
            _ => {}
        }
        match socket.recv().await.transpose() {
            Some(Ok(message)) => socket.send(message).await?,
            Some(Err(error)) => return Err(error),
            None => break,
        }
    }
    Ok(())
}

/// With a deadline for each message.
#[ws_endpoint("/ws/deadline")]
async fn deadline(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match timeout(Duration::from_secs(30), socket.recv()).await {
            Ok(Ok(Some(message))) => socket.send(message).await?,
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(error),
            Err(_elapsed) => socket.send("still here").await?,
        }
    }
}

/// Whoever knows better says so.
#[ws_endpoint(
    "/ws/worker",
    allow(spinning_loop, reason = "`retire` ends the process when the controller is gone")
)]
async fn worker(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await {
            Ok(Some(message)) => socket.send(message).await?,
            Ok(None) | Err(_) => CONTROLLER.retire(),
        }
    }
}

async fn step(socket: &Socket, message: Option<Message>) -> sockeye::Result<ControlFlow<()>> {
    let Some(message) = message else { return Ok(ControlFlow::Break(())) };
    socket.send(message).await?;
    Ok(ControlFlow::Continue(()))
}

struct Controller;

const CONTROLLER: Controller = Controller;

impl Controller {
    /// Its type does not tell that it never returns.
    fn retire(&self) {
        std::process::exit(0)
    }
}

#[macro_export]
macro_rules! or_return {
    ($option:expr) => {
        match $option {
            Some(value) => value,
            None => return Ok(()),
        }
    };
}

fn main() {}
