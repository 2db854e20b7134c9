//! Labelled loops and blocks, and jumps over several of them.

use std::time::Duration;

use sockeye::{CloseCode, Error, Handshake, Message, Socket, ws_endpoint};
use tokio::{
    sync::mpsc,
    time::{interval, sleep, timeout},
};

/// Out of both loops at once.
#[ws_endpoint("/labels/outer")]
async fn outer(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    'connection: loop {
        let mut batch = Vec::new();
        while batch.len() < 8 {
            match socket.recv().await? {
                Some(message) => batch.push(message),
                None => break 'connection,
            }
        }
        for message in batch.drain(..) {
            if message.is_empty() {
                continue 'connection;
            }
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// The inner loop goes on with the outer one; only `None` ends.
#[ws_endpoint("/labels/continue")]
async fn continue_outer(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    'messages: while let Some(message) = socket.recv().await? {
        for byte in message.as_bytes() {
            if *byte == 0 {
                continue 'messages;
            }
        }
        socket.send(message).await?;
    }
    Ok(())
}

/// Out of a `select!` inside of an inner loop.
#[ws_endpoint("/labels/select")]
async fn from_select(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut ticks = interval(Duration::from_secs(1));
    'outer: loop {
        for _ in 0..60 {
            tokio::select! {
                message = socket.recv() => match message? {
                    Some(message) => socket.send(message).await?,
                    None => break 'outer,
                },
                _ = ticks.tick() => socket.send("tick").await?,
            }
        }
        socket.send("a minute").await?;
    }
    Ok(())
}

/// A labelled block instead of a function.
#[ws_endpoint("/labels/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let name = 'name: {
        let Some(first) = socket.recv().await? else { return Ok(()) };
        let Some(text) = first.as_text() else { break 'name "nobody".to_owned() };
        if text.len() > 20 {
            break 'name "somebody".to_owned();
        }
        text.to_owned()
    };
    socket.send(format!("hello {name}")).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Refuses in a labelled block: every way through it either has an answer or goes on.
#[ws_endpoint("/labels/refuse")]
async fn refuse(handshake: Handshake) -> sockeye::Result {
    let reason = 'check: {
        let Some(token) = handshake.headers().get("authorization") else { break 'check Some("no token") };
        if token.is_empty() {
            break 'check Some("an empty token");
        }
        None
    };
    if let Some(reason) = reason {
        return Err(handshake.reject(axum::http::StatusCode::UNAUTHORIZED, reason));
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The inner loop has no way out of its own, the outer label is it.
#[ws_endpoint("/labels/inner-endless")]
async fn inner_endless(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    'all: {
        loop {
            loop {
                match socket.recv().await {
                    Ok(Some(message)) => socket.send(message).await?,
                    Ok(None) => break 'all,
                    Err(_) => break,
                }
            }
            sleep(Duration::from_millis(10)).await;
        }
    }
    Ok(())
}

/// A label that is used by `continue` only.
#[ws_endpoint("/labels/retry")]
async fn retry(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut attempts = 0;
    'retry: loop {
        attempts += 1;
        socket.send("your name?").await?;
        let Some(answer) = socket.recv().await? else { return Ok(()) };
        if attempts < 3 && answer.is_empty() {
            continue 'retry;
        }
        return socket.close(CloseCode::NORMAL, "thank you").await;
    }
}

/// Two labels, both used across each other.
#[ws_endpoint("/labels/pages")]
async fn pages(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut page = 0_u32;
    'pages: loop {
        'lines: for line in 0..10 {
            socket.send(format!("{page}:{line}")).await?;
            loop {
                match socket.recv().await?.as_ref().and_then(Message::as_text) {
                    Some("next page") => break 'lines,
                    Some("next line") => continue 'lines,
                    Some("again") => continue 'pages,
                    Some(_) => {}
                    None => break 'pages,
                }
            }
        }
        page += 1;
    }
    Ok(())
}

/// The same label twice in a row: each belongs to its own loop.
#[ws_endpoint("/labels/again")]
async fn again(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let first = 'a: loop {
        match socket.recv().await? {
            Some(message) if message.is_empty() => continue 'a,
            Some(message) => break 'a message,
            None => return Ok(()),
        }
    };
    'a: loop {
        socket.send(first.clone()).await?;
        loop {
            match socket.recv().await? {
                Some(message) if message.is_empty() => continue 'a,
                Some(message) => socket.send(message).await?,
                None => break 'a,
            }
        }
    }
    Ok(())
}

/// The way out is a `break` with a value that is an error.
#[ws_endpoint("/labels/break-error")]
async fn break_error(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let error = 'run: loop {
        match timeout(Duration::from_secs(30), socket.recv()).await {
            Err(elapsed) => break 'run Error::close(CloseCode::POLICY_VIOLATION, elapsed),
            Ok(Err(error)) => break 'run error,
            Ok(Ok(None)) => return Ok(()),
            Ok(Ok(Some(message))) => socket.send(message).await?,
        }
    };
    Err(error)
}

/// A helper whose inner loop empties a queue without waiting.
async fn drain_queue(socket: &mut Socket, queue: &mut mpsc::Receiver<String>) -> sockeye::Result<bool> {
    'queue: loop {
        for _ in 0..16 {
            match queue.try_recv() {
                Ok(text) => socket.feed(text).await?,
                Err(mpsc::error::TryRecvError::Empty) => break 'queue,
                Err(mpsc::error::TryRecvError::Disconnected) => return Ok(false),
            }
        }
        socket.flush().await?;
    }
    socket.flush().await?;
    Ok(true)
}

/// Uses it.
#[ws_endpoint("/labels/queue")]
async fn queue(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (tx, mut rx) = mpsc::channel(16);
    while let Some(message) = socket.recv().await? {
        tx.send(format!("{} bytes", message.len())).await?;
        if !drain_queue(&mut socket, &mut rx).await? {
            break;
        }
    }
    Ok(())
}
