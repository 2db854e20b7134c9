//! Logins that have an end, and first messages that are none.

use std::time::Duration;

use sockeye::{CloseCode, Handshake, Message, Socket, ws_endpoint, ws_lifecycle};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

fn verify(token: &str) -> bool {
    token == "one-time"
}

/// A limit around the receive.
#[ws_endpoint("/logins/timeout")]
async fn limited(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Ok(first) = timeout(Duration::from_secs(10), socket.recv()).await else {
        return socket.close(CloseCode::POLICY_VIOLATION, "no login").await;
    };
    let Some(token) = first? else { return Ok(()) };
    if !verify(token.as_text().unwrap_or_default()) {
        return socket.close(CloseCode::POLICY_VIOLATION, "wrong token").await;
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Whatever comes first.
#[ws_endpoint("/logins/select")]
async fn selected(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let first = tokio::select! {
        first = socket.recv() => first?,
        () = sleep(Duration::from_secs(10)) => None,
    };
    let Some(login) = first else { return Ok(()) };
    tracing::debug!(length = login.len(), "logs in");
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The caller has a limit.
#[ws_endpoint("/logins/helper")]
async fn helped(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    match timeout(Duration::from_secs(10), authenticate(&mut socket)).await {
        Ok(Ok(true)) => {}
        _ => return socket.close(CloseCode::POLICY_VIOLATION, "no login").await,
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Reads the token.
#[ws_lifecycle]
async fn authenticate(socket: &mut Socket) -> sockeye::Result<bool> {
    let Some(token) = socket.recv().await? else { return Ok(false) };
    Ok(token.as_text().is_some_and(verify))
}

/// The first message says what to do, not who it is.
#[ws_endpoint("/logins/none")]
async fn none(handshake: Handshake) -> sockeye::Result {
    let stop = CancellationToken::new();
    let mut socket = handshake.accept().await?;
    let Some(topic) = socket.recv().await? else { return Ok(()) };
    let token = stop.child_token();
    socket.send(format!("subscribed to {} {}", topic.len(), token.is_cancelled())).await?;
    while let Some(message) = socket.recv().await? {
        if message == Message::from("logout") {
            break;
        }
    }
    Ok(())
}
