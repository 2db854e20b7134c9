//! Loops that go round without waiting.

use std::time::Duration;

use axum::extract::State;
use sockeye::{Handshake, Message, Receiver, Socket, ws_endpoint, ws_lifecycle};
use tokio::{sync::broadcast, time::timeout};
use tokio_util::sync::CancellationToken;

/// `None` is no reason to leave.
#[ws_endpoint("/spinning/if-let")]
async fn if_let(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        if let Some(message) = socket.recv().await? { //~ spinning_loop
            socket.send(message).await?;
        }
    }
}

/// `continue` in the arm of `None`.
#[ws_endpoint("/spinning/continue")]
async fn continues(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await? { //~ spinning_loop
            Some(message) => socket.send(message).await?,
            None => continue,
        }
    }
}

/// Everything but a message goes on.
#[ws_endpoint("/spinning/wildcard")]
async fn wildcard(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await { //~ spinning_loop
            Ok(Some(Message::Text(text))) if &*text == "quit" => return Ok(()),
            Ok(Some(message)) => socket.send(message).await?,
            _ => {}
        }
    }
}

/// `let else` with `continue`.
#[ws_endpoint("/spinning/let-else")]
async fn let_else(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let Ok(Some(message)) = socket.recv().await else { continue }; //~ spinning_loop
        socket.send(message).await?;
    }
}

/// Errors are looked at, the end is not.
#[ws_endpoint("/spinning/errors")]
async fn errors(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await { //~ spinning_loop
            Ok(Some(message)) => socket.send(message).await?,
            Ok(None) => tracing::debug!("nothing yet"),
            Err(error) => return Err(error),
        }
    }
}

/// The message is kept and looked at below.
#[ws_endpoint("/spinning/kept")]
async fn kept(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let received = socket.recv().await?; //~ spinning_loop
        let Some(message) = received else {
            tracing::trace!("no message");
            continue;
        };
        if message.is_empty() {
            return Ok(());
        }
        socket.send(message).await?;
    }
}

/// The half of a split.
#[ws_endpoint("/spinning/half")]
async fn half(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    loop {
        while let Some(message) = receiver.recv().await? { //~ spinning_loop
            sender.send(message).await?;
        }
    }
}

/// `while true`.
#[ws_endpoint("/spinning/while-true")]
async fn while_true(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while true {
        if let Ok(Some(message)) = socket.recv().await { //~ spinning_loop
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// In a `select!`.
#[ws_endpoint("/spinning/select")]
async fn select(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        tokio::select! {
            message = socket.recv() => { //~ spinning_loop
                if let Some(message) = message? {
                    socket.send(message).await?;
                }
            }
            event = events.recv() => socket.send(event?).await?,
        }
    }
}

/// In a `select!` whose other branch can leave: until then it spins.
#[ws_endpoint("/spinning/select-shutdown")]
async fn select_shutdown(handshake: Handshake, State(shutdown): State<CancellationToken>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            received = socket.recv() => match received { //~ spinning_loop
                Ok(Some(message)) => socket.send(message).await?,
                Ok(None) | Err(_) => continue,
            },
            () = shutdown.cancelled() => return Ok(()),
        }
    }
}

/// A limit around it does not help: `None` comes at once.
#[ws_endpoint("/spinning/timeout")]
async fn with_timeout(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match timeout(Duration::from_secs(1), socket.recv()).await { //~ spinning_loop
            Ok(Ok(Some(message))) => socket.send(message).await?,
            Ok(Ok(None)) => {}
            Ok(Err(error)) => return Err(error),
            Err(_) => socket.send("still there?").await?,
        }
    }
}

/// A loop of computing without a way out.
#[ws_endpoint("/spinning/busy")]
async fn busy(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut count = 0_u64;
    if socket.recv().await?.is_some() {
        loop { //~ spinning_loop
            count = count.wrapping_add(1);
        }
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// `try_recv` in a loop: it never waits.
#[ws_endpoint("/spinning/try-recv")]
async fn try_recv(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    let mut last = String::new();
    while socket.recv().await?.is_some() {
        while true { //~ spinning_loop
            if let Ok(event) = events.try_recv() {
                last = event;
            }
        }
    }
    socket.send(last).await?;
    Ok(())
}

/// In an async block.
#[ws_endpoint("/spinning/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let read = async {
        loop {
            let message = match receiver.recv().await { //~ spinning_loop
                Ok(Some(message)) => message,
                Ok(None) => continue,
                Err(_) => continue,
            };
            if sender.send(message).await.is_err() {
                return;
            }
        }
    };
    read.await;
    Ok(())
}

/// A helper.
#[ws_lifecycle]
async fn drain(receiver: &mut Receiver) -> sockeye::Result {
    let mut bytes = 0;
    loop {
        if let Some(message) = receiver.recv().await? { //~ spinning_loop
            bytes += message.len();
            tracing::debug!(bytes);
        }
    }
}

/// A helper with a label.
async fn echo(mut socket: Socket) -> sockeye::Result {
    'again: loop {
        let Some(message) = socket.recv().await? else { //~ spinning_loop
            continue 'again;
        };
        socket.send(message).await?;
    }
}
