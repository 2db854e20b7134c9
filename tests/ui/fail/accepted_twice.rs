use axum::{extract::State, http::StatusCode};
use {sockeye::{Handshake, ws_endpoint}, std::time::Duration, tokio::time::timeout};

/// A status cannot follow an open connection.
#[ws_endpoint("/ws/password")]
async fn password(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let first = timeout(Duration::from_secs(10), socket.recv()).await.unwrap_or(Ok(None))?;
    if first.is_none_or(|message| message.as_text() != Some("sesame")) {
        return Err(handshake.reject(StatusCode::UNAUTHORIZED, "wrong password"));
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Two sockets of one request.
#[ws_endpoint("/ws/two")]
async fn two(handshake: Handshake) -> sockeye::Result {
    let control = handshake.accept().await?;
    let mut data = handshake.accept().header("x-channel", "data").await?;
    while let Some(message) = data.recv().await? {
        control.send(message).await?;
    }
    Ok(())
}

/// The return is missing.
#[ws_endpoint("/ws/refused")]
async fn refused(handshake: Handshake) -> sockeye::Result {
    let refusal = handshake.reject(StatusCode::GONE, "moved to /ws/v2");
    tracing::info!(%refusal, "an old client");
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The return is missing, and rustc would ask for a semicolon.
#[ws_endpoint("/ws/tail")]
async fn tail(handshake: Handshake) -> sockeye::Result {
    if !handshake.headers().contains_key("authorization") {
        Err(handshake.reject(StatusCode::UNAUTHORIZED, "log in first"))
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The return is missing where there is nothing to return.
#[ws_endpoint("/ws/unit")]
async fn unit(handshake: Handshake) {
    if !handshake.headers().contains_key("authorization") {
        handshake.reject(StatusCode::UNAUTHORIZED, "log in first");
    }
    let Ok(mut socket) = handshake.accept().await else { return };
    while let Ok(Some(_)) = socket.recv().await {}
}

/// Waits for the next client as if it were a listener.
#[ws_endpoint("/ws/listener")]
async fn listener(handshake: Handshake) -> sockeye::Result {
    loop {
        let mut socket = handshake.accept().await?;
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
    }
}

/// Accepted in both arms, and once more behind them.
#[ws_endpoint("/ws/arms")]
async fn arms(handshake: Handshake, State(traced): State<bool>) -> sockeye::Result {
    let first = if traced {
        handshake.accept().header("x-trace", "1").await?
    } else {
        handshake.accept().await?
    };
    drop(first);
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn main() {}
