//! Errors of sends that are looked at, or that nobody needs.
#![deny(warnings)]

use std::time::Duration;

use axum::extract::State;
use sockeye::{CloseCode, Handshake, ws_endpoint};
use tokio::{sync::broadcast, time::interval};

/// An error ends the loop.
#[ws_endpoint("/ws/break")]
async fn breaks(handshake: Handshake, State(mut rows): State<Vec<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    while let Some(row) = rows.pop() {
        if socket.send(row).await.is_err() {
            break;
        }
    }
    socket.close(CloseCode::NORMAL, "that was all").await
}

/// An error is logged, and ends the loop.
#[ws_endpoint("/ws/logged")]
async fn logged(handshake: Handshake, State(mut rows): State<Vec<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    while let Some(row) = rows.pop() {
        if let Err(error) = socket.send(row).await {
            tracing::debug!(%error, "left early");
            return Ok(());
        }
    }
    socket.close(CloseCode::NORMAL, "that was all").await
}

/// The loop receives as well, and that ends it.
#[ws_endpoint("/ws/receives")]
async fn receives(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let _ = socket.send(message).await;
    }
    Ok(())
}

/// So it does in a `select!`.
#[ws_endpoint("/ws/select")]
async fn select(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        tokio::select! {
            message = socket.recv() => if message?.is_none() { return Ok(()) },
            event = events.recv() => {
                let Ok(event) = event else { continue };
                if let Err(error) = socket.send(event).await {
                    tracing::debug!(%error, "the next `recv` says why");
                }
            }
        }
    }
}

/// Another send of the same loop looks.
#[ws_endpoint("/ws/other")]
async fn other(handshake: Handshake, State(mut rows): State<Vec<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    while let Some(row) = rows.pop() {
        let _ = socket.feed("row").await;
        socket.send(row).await?;
    }
    socket.close(CloseCode::NORMAL, "").await
}

/// A farewell need not arrive.
#[ws_endpoint("/ws/farewell")]
async fn farewell(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    let _ = socket.send("bye").await;
    _ = socket.flush().await;
    Ok(())
}

/// The error is counted, and three are enough.
#[ws_endpoint("/ws/three")]
async fn three(handshake: Handshake, State(mut rows): State<Vec<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut failures = 0;
    while let Some(row) = rows.pop() {
        if let Err(error) = socket.send(row).await {
            tracing::debug!(%error);
            failures += 1;
        }
        if failures == 3 {
            break;
        }
    }
    socket.close(CloseCode::NORMAL, "").await
}

/// A collection comes to its end whoever is there.
#[ws_endpoint("/ws/collection")]
async fn collection(handshake: Handshake, State(rows): State<Vec<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    for row in rows {
        let _ = socket.send(row).await;
    }
    socket.close(CloseCode::NORMAL, "that was all").await
}

/// A channel of one's own may lose what it likes.
#[ws_endpoint("/ws/channel")]
async fn channel(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let _ = events.send(format!("{message:?}"));
        for _ in 0..3 {
            events.send("again".to_owned()).ok();
        }
    }
    Ok(())
}

/// What listens ends both: the push is dropped with the `select!`.
#[ws_endpoint("/ws/beside")]
async fn beside(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let beat = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            _ = sender.send("alive").await;
        }
    };
    let listen = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! {
        () = beat => Ok(()),
        ended = listen => ended,
    }
}

/// Looked at later, counted, collected, handed on.
#[ws_endpoint("/ws/later")]
async fn later(handshake: Handshake, State(mut rows): State<Vec<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut results = Vec::new();
    let mut well = true;
    while let Some(row) = rows.pop() {
        let sent = socket.send(row.as_str()).await;
        tracing::debug!(?sent);
        if sent.is_err() {
            break;
        }
        well &= socket.send("and").await.is_ok();
        if !well {
            break;
        }
        results.push(socket.send(row.as_str()).await);
        if results.iter().any(Result::is_err) {
            break;
        }
        socket.send("so on").await.inspect_err(|error| tracing::debug!(%error))?;
    }
    while socket.send("more").await.is_ok() {}
    socket.close(CloseCode::NORMAL, "").await
}

/// A function decides whether to go on.
#[ws_endpoint("/ws/judged")]
async fn judged(handshake: Handshake, State(mut rows): State<Vec<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    while let Some(row) = rows.pop() {
        if is_over(socket.send(row).await) {
            break;
        }
    }
    socket.close(CloseCode::NORMAL, "").await
}

/// Whoever has to go on says so.
#[ws_endpoint(
    "/ws/import",
    allow(swallowed_error, reason = "the import ends by itself, and nobody has to watch it")
)]
async fn import(handshake: Handshake, State(mut rows): State<Vec<String>>) {
    let Ok(socket) = handshake.accept().await else { return };
    let (sender, mut receiver) = socket.split();
    let work = async {
        loop {
            tokio::task::yield_now().await;
            let _ = sender.send(format!("importing {:?}", rows.pop())).await;
        }
    };
    let listen = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(work, listen);
}

fn is_over(sent: sockeye::Result) -> bool {
    sent.is_err_and(|error| error.is_disconnect())
}

fn main() {}
