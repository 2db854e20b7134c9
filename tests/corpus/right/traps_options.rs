//! What is in an option can be taken out on one way and be looked for on another.

use std::{mem, ops::ControlFlow, time::Duration};

use axum::{extract::State, http::StatusCode};
use sockeye::{CloseCode, Error, Handshake, Message, Receiver, Sender, Socket, ws_endpoint};
use tokio::{
    sync::{broadcast, mpsc},
    time::{interval, sleep, timeout},
};

/// Closed on one way, and looked for on all.
#[ws_endpoint("/options/take-and-close")]
async fn take_and_close(handshake: Handshake, State(open): State<bool>) -> sockeye::Result {
    let mut slot = Some(handshake.accept().await?);
    if !open && let Some(socket) = slot.take() {
        socket.close(CloseCode::TRY_AGAIN_LATER, "closed today").await?;
    }
    if let Some(socket) = slot.as_mut() {
        socket.send("welcome").await?;
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
    }
    if let Some(socket) = slot {
        socket.close(CloseCode::NORMAL, "").await?;
    }
    Ok(())
}

/// Refused on one way, and accepted on the other.
#[ws_endpoint("/options/refuse-or-accept")]
async fn refuse_or_accept(handshake: Handshake, State(open): State<bool>) -> sockeye::Result {
    let mut slot = Some(handshake);
    let mut refusal = None;
    if !open {
        refusal = slot.take().map(|handshake| handshake.reject(StatusCode::FORBIDDEN, "closed"));
    }
    if let Some(handshake) = slot.take() {
        let mut socket = handshake.accept().await?;
        while socket.recv().await?.is_some() {}
    }
    refusal.map_or(Ok(()), Err)
}

/// The same without closures.
#[ws_endpoint("/options/refuse-then-accept")]
async fn refuse_then_accept(handshake: Handshake, State(open): State<bool>) -> sockeye::Result {
    let mut slot = Some(handshake);
    if !open {
        if let Some(handshake) = slot.take() {
            tracing::info!(error = %handshake.reject(StatusCode::FORBIDDEN, "closed"));
        }
    }
    let Some(handshake) = slot.take() else { return Ok(()) };
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A result that keeps the socket, or has lost it.
#[ws_endpoint("/options/either")]
async fn either(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let first = socket.recv().await?;
    let kept = if first.is_some() {
        Ok(socket)
    } else {
        socket.close(CloseCode::NORMAL, "nothing came").await?;
        Err("closed")
    };
    match kept {
        Ok(mut socket) => {
            while let Some(message) = socket.recv().await? {
                socket.send(message).await?;
            }
        }
        Err(why) => tracing::info!(why),
    }
    Ok(())
}

/// The same with `ControlFlow`.
#[ws_endpoint("/options/control-flow")]
async fn control_flow(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let flow = match socket.recv().await? {
        Some(message) if message.is_empty() => {
            socket.close(CloseCode::POLICY_VIOLATION, "empty").await?;
            ControlFlow::Break(())
        }
        Some(_) => ControlFlow::Continue(socket),
        None => ControlFlow::Break(()),
    };
    let ControlFlow::Continue(mut socket) = flow else { return Ok(()) };
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Closed, and then there is another one under the same name.
async fn one_after_the_other(mut socket: Socket, mut queue: mpsc::Receiver<Socket>) -> sockeye::Result {
    loop {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        socket.close(CloseCode::NORMAL, "next, please").await?;
        socket = match queue.recv().await {
            Some(next) => next,
            None => return Ok(()),
        };
        socket.send("your turn").await?;
    }
}

/// The old one is closed, and the new one takes its place.
async fn replaced(slot: &mut Option<Socket>, new: Socket) -> sockeye::Result {
    if let Some(old) = mem::replace(slot, Some(new)) {
        old.close(CloseCode::POLICY_VIOLATION, "another window").await?;
    }
    if let Some(socket) = slot {
        socket.send("you are the one").await?;
    }
    Ok(())
}

/// Given back or closed by a condition that is asked twice.
#[ws_endpoint("/options/asked-twice")]
async fn asked_twice(handshake: Handshake, State(limit): State<usize>) -> sockeye::Result {
    let mut socket = Some(handshake.accept().await?);
    let mut count = 0;
    while count < limit {
        let Some(open) = socket.as_mut() else { break };
        match open.recv().await? {
            Some(message) if message.is_empty() => {
                let Some(open) = socket.take() else { unreachable!() };
                open.close(CloseCode::NORMAL, "empty").await?;
            }
            Some(message) => {
                open.send(message).await?;
                count += 1;
            }
            None => return Ok(()),
        }
    }
    match socket {
        Some(socket) => socket.close(CloseCode::NORMAL, "the limit").await,
        None => Ok(()),
    }
}

/// Halves that are given back to where they came from.
#[ws_endpoint("/options/halves")]
async fn halves(handshake: Handshake) -> sockeye::Result {
    let mut parts: Option<(Sender, Receiver)> = Some(handshake.accept().await?.split());
    while let Some((sender, mut receiver)) = parts.take() {
        if let Some(message) = receiver.recv().await? {
            sender.send(message).await?;
            parts = Some((sender, receiver));
        }
    }
    Ok(())
}

/// A sender that may not be there.
#[ws_endpoint("/options/maybe-sender")]
async fn maybe_sender(
    handshake: Handshake,
    State(events): State<broadcast::Sender<String>>,
) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    let mut sender = Some(sender);
    loop {
        tokio::select! {
            event = events.recv(), if sender.is_some() => {
                let failed = match &sender {
                    Some(sender) => sender.send(event?).await.is_err(),
                    None => false,
                };
                if failed {
                    sender = None;
                }
            }
            message = receiver.recv() => match message? {
                Some(message) if message.as_text() == Some("mute") => sender = None,
                Some(_) => {}
                None => return Ok(()),
            },
        }
    }
}

/// The next message may have been read ahead.
#[ws_endpoint("/options/peeked")]
async fn peeked(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut ahead: Option<Message> = None;
    loop {
        let message = match ahead.take() {
            Some(message) => message,
            None => match socket.recv().await? {
                Some(message) => message,
                None => break,
            },
        };
        socket.send(message).await?;
        if let Ok(next) = timeout(Duration::from_millis(1), socket.recv()).await {
            ahead = next?;
            if ahead.is_none() {
                break;
            }
        }
    }
    Ok(())
}

/// A deadline for each answer: the question is asked again.
#[ws_endpoint("/options/ask-again")]
async fn ask_again(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let answer = loop {
        socket.send("yes or no?").await?;
        match timeout(Duration::from_secs(5), socket.recv()).await {
            Ok(answer) => break answer?,
            Err(_) => continue,
        }
    };
    match answer {
        Some(answer) => {
            socket.send(answer).await?;
            socket.close(CloseCode::NORMAL, "thank you").await
        }
        None => Ok(()),
    }
}

/// The socket waits in a variable until both are there.
#[ws_endpoint("/options/declared-late")]
async fn declared_late(handshake: Handshake) -> sockeye::Result {
    let socket: Socket;
    let mut ticks = interval(Duration::from_millis(10));
    let mut left = 3;
    loop {
        ticks.tick().await;
        left -= 1;
        if left == 0 {
            socket = handshake.accept().await?;
            break;
        }
    }
    let (sender, mut receiver) = socket.split();
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// A close that may come too late is waited for with a limit, and nothing is done afterwards.
#[ws_endpoint("/options/limited-close")]
async fn limited_close(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    let closing = socket.close(CloseCode::NORMAL, "");
    tokio::select! {
        closed = closing => closed,
        () = sleep(Duration::from_secs(1)) => Err(Error::new("it does not answer")),
    }
}
