use axum::{extract::{Path, State}, http::HeaderMap};
use sockeye::{Handshake, Socket, ws_endpoint};

/// The forgotten way is the one that nobody tries by hand.
#[ws_endpoint("/ws/rooms/{room}")]
async fn early_return(handshake: Handshake, Path(room): Path<u64>) -> sockeye::Result {
    if room > 99 {
        return Ok(());
    }
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A guard that only logs.
#[ws_endpoint("/ws/token")]
async fn let_else(handshake: Handshake, headers: HeaderMap) {
    let Some(token) = headers.get("x-token") else {
        tracing::warn!("no token");
        return;
    };
    tracing::info!(length = token.len(), "welcome");
    let Ok(mut socket) = handshake.accept().await else { return };
    while let Ok(Some(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
}

/// Looks at the request, decides nothing.
#[ws_endpoint("/ws/headers")]
async fn looks_only(handshake: Handshake) -> sockeye::Result {
    tracing::info!(origin = handshake.origin(), peer = ?handshake.peer(), "somebody knocked");
    Ok(())
}

/// Not begun yet.
#[ws_endpoint("/ws/empty")]
async fn empty(_handshake: Handshake) {}

/// One arm of the last expression lets the handshake fall.
#[ws_endpoint("/ws/versions/{version}")]
async fn arm(handshake: Handshake, Path(version): Path<u8>) -> sockeye::Result {
    match version {
        0 => Ok(()),
        1 => old(handshake.accept().await?).await,
        _ => current(handshake.accept().await?).await,
    }
}

/// The handshake is dropped in so many words.
#[ws_endpoint("/ws/dropped")]
async fn dropped(handshake: Handshake, State(full): State<bool>) -> sockeye::Result {
    if full {
        drop(handshake);
        return Ok(());
    }
    current(handshake.accept().await?).await
}

async fn old(mut socket: Socket) -> sockeye::Result {
    while socket.recv().await?.is_some() {}
    Ok(())
}

async fn current(socket: Socket) -> sockeye::Result {
    old(socket).await
}

fn main() {}
