//! `select!` in all its forms.

use std::{
    future::{self, Future},
    pin::pin,
    time::Duration,
};

use axum::extract::State;
use futures_util as futures;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use sockeye::{CloseCode, Handshake, Message, Socket, ws_endpoint};
use tokio::{
    select,
    sync::{broadcast, mpsc, watch},
    time::{Instant, interval, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// Two branches with blocks.
#[ws_endpoint("/select/feed")]
async fn feed(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        tokio::select! {
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                socket.send(message).await?;
            }
            event = events.recv() => {
                socket.send(event?).await?;
            }
        }
    }
}

/// The bare name of the macro, `biased`, and a guard.
#[ws_endpoint("/select/biased")]
async fn biased(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut ticks = interval(Duration::from_secs(5));
    let mut paused = false;
    loop {
        select! {
            biased;
            message = socket.recv() => match message?.as_ref().and_then(Message::as_text) {
                Some("pause") => paused = true,
                Some("go") => paused = false,
                Some(_) => {}
                None => break,
            },
            _ = ticks.tick(), if !paused => socket.send("tick").await?,
        }
    }
    Ok(())
}

/// A pattern that can fail, and `else`.
#[ws_endpoint("/select/else")]
async fn refutable(handshake: Handshake, State(latest): State<watch::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut latest = latest.subscribe();
    loop {
        tokio::select! {
            Ok(Some(message)) = socket.recv() => socket.send(message).await?,
            Ok(()) = latest.changed() => {
                let text = latest.borrow_and_update().clone();
                socket.send(text).await?;
            }
            else => break,
        }
    }
    Ok(())
}

/// The branches give a value, and what it means stands below.
#[ws_endpoint("/select/value")]
async fn as_value(handshake: Handshake) -> sockeye::Result {
    enum Next {
        Message(Option<Message>),
        Tick,
    }
    let mut socket = handshake.accept().await?;
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        let next = select! {
            message = socket.recv() => Next::Message(message?),
            _ = ticks.tick() => Next::Tick,
        };
        match next {
            Next::Message(Some(message)) => socket.send(message).await?,
            Next::Message(None) => return Ok(()),
            Next::Tick => socket.send("tick").await?,
        }
    }
}

/// `select!` as the condition of a loop.
#[ws_endpoint("/select/condition")]
async fn as_condition(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let token = CancellationToken::new();
    while let Some(message) = tokio::select! {
        message = socket.recv() => message?,
        () = token.cancelled() => None,
    } {
        socket.send(message).await?;
    }
    Ok(())
}

/// A shutdown ends with an explicit close; the socket is consumed in a branch.
#[ws_endpoint("/select/shutdown")]
async fn shutdown(handshake: Handshake, State(token): State<CancellationToken>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(message) => socket.send(message).await?,
                None => return Ok(()),
            },
            _ = token.cancelled() => return socket.close(CloseCode::GOING_AWAY, "restarting").await,
        }
    }
}

/// A pinned future that lives longer than one round.
#[ws_endpoint("/select/pinned")]
async fn pinned(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let limit = sleep(Duration::from_secs(600));
    tokio::pin!(limit);
    loop {
        tokio::select! {
            () = &mut limit => {
                let _ = socket.send("your time is up").await;
                return socket.close(CloseCode::POLICY_VIOLATION, "ten minutes").await;
            }
            message = socket.recv() => {
                let Some(message) = message? else { break };
                socket.send(message).await?;
            }
        }
    }
    Ok(())
}

/// A timer that is reset by each message.
#[ws_endpoint("/select/idle")]
async fn idle(handshake: Handshake) -> sockeye::Result {
    const IDLE: Duration = Duration::from_secs(90);
    let mut socket = handshake.accept().await?;
    let mut timer = pin!(sleep(IDLE));
    loop {
        tokio::select! {
            _ = timer.as_mut() => break,
            message = socket.recv() => {
                if message?.is_none() {
                    return Ok(());
                }
                timer.as_mut().reset(Instant::now() + IDLE);
            }
        }
    }
    socket.close(CloseCode::TRY_AGAIN_LATER, "idle").await
}

/// A reply that is worked on while the loop goes on: an optional future with a guard.
#[ws_endpoint("/select/optional")]
async fn optional(handshake: Handshake) -> sockeye::Result {
    async fn work(message: Message) -> String {
        sleep(Duration::from_millis(20)).await;
        format!("{} bytes", message.len())
    }
    let mut socket = handshake.accept().await?;
    let mut job: Option<std::pin::Pin<Box<dyn Future<Output = String> + Send>>> = None;
    loop {
        tokio::select! {
            message = socket.recv(), if job.is_none() => match message? {
                Some(message) => job = Some(Box::pin(work(message))),
                None => return Ok(()),
            },
            done = async { job.as_mut().expect("guarded").await }, if job.is_some() => {
                job = None;
                socket.send(done).await?;
            }
        }
    }
}

/// The next deadline may not be there: `pending` stands in for it.
#[ws_endpoint("/select/pending")]
async fn pending(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut due: Option<Instant> = None;
    loop {
        let alarm = async {
            match due {
                Some(at) => sleep_until(at).await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            message = socket.recv() => match message? {
                Some(_) => due = Some(Instant::now() + Duration::from_secs(1)),
                None => break,
            },
            () = alarm => {
                due = None;
                socket.send("a second ago").await?;
            }
        }
    }
    Ok(())
}

/// `select!` of the futures crate, with fused futures.
#[ws_endpoint("/select/futures")]
async fn of_futures(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut ticks = Box::pin(stream::repeat_with(|| "tick").then(|text| async move {
        sleep(Duration::from_secs(1)).await;
        text
    }))
    .fuse();
    loop {
        let message = {
            let mut next = pin!(socket.recv().fuse());
            futures::select! {
                message = next => Some(message?),
                text = ticks.next() => {
                    tracing::debug!(?text);
                    None
                }
                complete => break,
            }
        };
        match message {
            Some(Some(message)) => socket.send(message).await?,
            Some(None) => return Ok(()),
            None => socket.send("tick").await?,
        }
    }
    Ok(())
}

/// Only one of the branches is about the socket, and it leaves the loop by `?` alone.
#[ws_endpoint("/select/helper")]
async fn in_helper(handshake: Handshake, State(level): State<watch::Receiver<u32>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    relay(&mut socket, level).await
}

async fn relay(socket: &mut Socket, mut level: watch::Receiver<u32>) -> sockeye::Result {
    loop {
        tokio::select! {
            message = socket.recv() => {
                message?.ok_or(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))?;
            }
            changed = level.changed() => {
                changed?;
                let now = *level.borrow_and_update();
                socket.send(now.to_string()).await?;
            }
        }
    }
}

/// Receiving is one branch of an inner `select!`, sending the other of the outer one.
#[ws_endpoint("/select/nested")]
async fn nested(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    let mut ticks = interval(Duration::from_secs(30));
    loop {
        let text = tokio::select! {
            incoming = async {
                tokio::select! {
                    message = socket.recv() => message.map(|message| message.map(|_| "got one".to_owned())),
                    _ = ticks.tick() => Ok(Some("tick".to_owned())),
                }
            } => match incoming? {
                Some(text) => text,
                None => return Ok(()),
            },
            event = events.recv() => event?,
        };
        socket.send(text).await?;
    }
}

/// One `select!` without a loop: whichever comes first, then an explicit end.
#[ws_endpoint("/select/once")]
async fn once(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    tokio::select! {
        message = socket.recv() => {
            if let Some(message) = message? {
                socket.send(message).await?;
            }
        }
        _ = sleep(Duration::from_secs(5)) => socket.send("too slow").await?,
    }
    socket.close(CloseCode::NORMAL, "").await
}

/// Branches with `return`, `break` and `continue` without blocks.
#[ws_endpoint("/select/jumps")]
async fn jumps(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (tx, mut rx) = mpsc::channel::<String>(8);
    loop {
        let text = tokio::select! {
            Some(text) = rx.recv() => text,
            received = socket.recv() => match received {
                Ok(Some(message)) => {
                    tx.send(format!("{message:?}")).await?;
                    continue;
                }
                Ok(None) => break Ok(()),
                Err(error) => return Err(error),
            },
            () = sleep(Duration::from_secs(60)) => continue,
        };
        if text.is_empty() {
            continue;
        }
        socket.send(text).await?;
    }
}

/// Waiting for the go-ahead before the handshake is answered.
#[ws_endpoint("/select/before")]
async fn before_accept(
    handshake: Handshake,
    State(mut ready): State<watch::Receiver<bool>>,
) -> sockeye::Result {
    tokio::select! {
        found = ready.wait_for(|ready| *ready) => { found?; }
        () = sleep(Duration::from_secs(2)) => {
            return Err(handshake.reject(axum::http::StatusCode::SERVICE_UNAVAILABLE, "not ready"));
        }
    }
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
