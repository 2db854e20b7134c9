//! Time: limits, retries, rates, batches.

use std::{collections::VecDeque, time::Duration};

use axum::extract::State;
use sockeye::{CloseCode, Error, Handshake, Message, Socket, ws_endpoint};
use tokio::{
    sync::{Notify, broadcast, mpsc},
    time::{Instant, MissedTickBehavior, interval, interval_at, sleep, sleep_until, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

/// Silence is a reason to leave.
#[ws_endpoint("/timing/silence")]
async fn silence(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Ok(next) = timeout(Duration::from_secs(30), socket.recv()).await {
        match next? {
            Some(message) => socket.send(message).await?,
            None => return Ok(()),
        }
    }
    socket.close(CloseCode::POLICY_VIOLATION, "silent for 30 seconds").await
}

/// Silence is answered, and the end is still seen.
#[ws_endpoint("/timing/prod")]
async fn prod(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match timeout(Duration::from_secs(10), socket.recv()).await {
            Err(_) => socket.send("are you there?").await?,
            Ok(Err(error)) => return Err(error),
            Ok(Ok(None)) => return Ok(()),
            Ok(Ok(Some(message))) => socket.send(message).await?,
        }
    }
}

/// `??` twice.
#[ws_endpoint("/timing/question")]
async fn question(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = timeout(Duration::from_secs(30), socket.recv()).await?? {
        timeout(Duration::from_secs(5), socket.send(message)).await??;
    }
    Ok(())
}

/// A deadline for the whole login.
#[ws_endpoint("/timing/deadline")]
async fn deadline(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let end = Instant::now() + Duration::from_secs(10);
    let mut lines = Vec::new();
    while lines.len() < 3 {
        let Ok(received) = timeout_at(end, socket.recv()).await else {
            return Err(Error::close(CloseCode::POLICY_VIOLATION, "ten seconds for three lines"));
        };
        lines.extend(received?);
        if lines.last().is_none_or(Message::is_empty) {
            return Ok(());
        }
    }
    socket.send(format!("{lines:?}")).await?;
    socket.close(CloseCode::NORMAL, "").await
}

/// The limit is around the function that receives.
#[ws_endpoint("/timing/around")]
async fn around(handshake: Handshake) -> sockeye::Result {
    async fn talk(socket: &mut Socket) -> sockeye::Result {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    }
    let mut socket = handshake.accept().await?;
    let Ok(result) = timeout(Duration::from_secs(60), talk(&mut socket)).await else {
        return socket.close(CloseCode::NORMAL, "a minute").await;
    };
    result
}

/// Tries again before it accepts.
#[ws_endpoint("/timing/retry")]
async fn retry(handshake: Handshake) -> sockeye::Result {
    async fn connect(attempt: u32) -> std::io::Result<tokio::net::TcpStream> {
        sleep(Duration::from_millis(10) * attempt).await;
        tokio::net::TcpStream::connect("127.0.0.1:9").await
    }
    let mut attempt = 0;
    let upstream = loop {
        attempt += 1;
        match connect(attempt).await {
            Ok(upstream) => break upstream,
            Err(error) if attempt == 3 => return Err(error.into()),
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    };
    tracing::debug!(?upstream);
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Tries to send again: a failed attempt waits, and the loop is left when it is over.
#[ws_endpoint("/timing/retry-send")]
async fn retry_send(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let mut left = 3;
        while let Err(error) = socket.send(message.clone()).await {
            left -= 1;
            if left == 0 || error.is_disconnect() {
                return Err(error);
            }
            sleep(Duration::from_millis(10)).await;
        }
    }
    Ok(())
}

/// Collects for a while, then sends all at once.
#[ws_endpoint("/timing/batch")]
async fn batch(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    let mut waiting = VecDeque::new();
    let mut flush = interval_at(Instant::now() + Duration::from_millis(50), Duration::from_millis(50));
    flush.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            event = events.recv() => waiting.push_back(event?),
            _ = flush.tick(), if !waiting.is_empty() => {
                while let Some(event) = waiting.pop_front() {
                    socket.feed(event).await?;
                }
                socket.flush().await?;
            }
            message = socket.recv() => if message?.is_none() { break },
        }
    }
    Ok(())
}

/// Chunks of a vector, fed and flushed.
#[ws_endpoint("/timing/chunks")]
async fn chunks(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        for chunk in message.as_bytes().chunks(16) {
            for byte in chunk {
                socket.feed(vec![*byte]).await?;
            }
            socket.flush().await?;
        }
    }
    Ok(())
}

/// At most ten messages a second, by a clock of its own.
#[ws_endpoint("/timing/rate")]
async fn rate(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut times = VecDeque::with_capacity(10);
    while let Some(message) = socket.recv().await? {
        let now = Instant::now();
        while times.front().is_some_and(|time| now - *time > Duration::from_secs(1)) {
            times.pop_front();
        }
        if times.len() == 10 {
            sleep_until(times[0] + Duration::from_secs(1)).await;
        }
        times.push_back(now);
        socket.send(message).await?;
    }
    Ok(())
}

/// Sends what changed, when it is told that something did.
#[ws_endpoint("/timing/notify")]
async fn notify(handshake: Handshake, State(changed): State<std::sync::Arc<Notify>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut version = 0_u64;
    loop {
        tokio::select! {
            () = changed.notified() => {
                version += 1;
                socket.send(version.to_string()).await?;
            }
            message = socket.recv() => {
                if let Some(message) = message? {
                    tracing::debug!(?message);
                } else {
                    break Ok(());
                }
            }
        }
    }
}

/// Everything that is there is sent, then it waits again.
#[ws_endpoint("/timing/backlog")]
async fn backlog(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (tx, mut rx) = mpsc::unbounded_channel::<String>();
    loop {
        tokio::select! {
            biased;
            Some(first) = rx.recv() => {
                socket.feed(first).await?;
                while let Ok(next) = rx.try_recv() {
                    socket.feed(next).await?;
                }
                socket.flush().await?;
            }
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                for part in message.as_text().unwrap_or_default().split(',') {
                    tx.send(part.to_owned())?;
                }
            }
        }
    }
}

/// A shutdown gives the client five seconds to finish.
#[ws_endpoint("/timing/graceful")]
async fn graceful(handshake: Handshake, State(shutdown): State<CancellationToken>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(message) => socket.send(message).await?,
                None => return Ok(()),
            },
            () = shutdown.cancelled() => break,
        }
    }
    socket.send("finish, please").await?;
    let end = Instant::now() + Duration::from_secs(5);
    while let Ok(Ok(Some(message))) = timeout_at(end, socket.recv()).await {
        socket.send(message).await?;
    }
    socket.close(CloseCode::SERVICE_RESTART, "restarting").await
}

/// A countdown is a `for` with a pause, beside the receiver.
#[ws_endpoint("/timing/countdown")]
async fn countdown(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    for left in (1..=10).rev() {
        socket.send(left.to_string()).await?;
        tokio::select! {
            () = sleep(Duration::from_secs(1)) => {}
            message = socket.recv() => match message? {
                Some(_) => break,
                None => return Ok(()),
            },
        }
    }
    socket.close(CloseCode::NORMAL, "lift-off").await
}

/// Tokens of `run_until_cancelled`.
#[ws_endpoint("/timing/until-cancelled")]
async fn until_cancelled(handshake: Handshake, State(shutdown): State<CancellationToken>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let talk = async {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    };
    match shutdown.run_until_cancelled(talk).await {
        Some(result) => result,
        None => socket.close(CloseCode::GOING_AWAY, "shutting down").await,
    }
}
