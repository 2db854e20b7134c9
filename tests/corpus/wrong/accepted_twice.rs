//! Answers a handshake that has its answer.

use std::time::Duration;

use axum::{extract::Path, http::StatusCode};
use sockeye::{Error, Handshake, Socket, ws_endpoint, ws_lifecycle};

/// Two in a row.
#[ws_endpoint("/twice/row")]
async fn row(handshake: Handshake) -> sockeye::Result {
    let first = handshake.accept().await?;
    let mut second = handshake.accept().await?; //~ accepted_twice
    drop(first);
    while second.recv().await?.is_some() {}
    Ok(())
}

/// Refuses what it has accepted.
#[ws_endpoint("/twice/reject")]
async fn then_reject(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(token) = socket.recv().await? else { return Ok(()) }; //~ login_deadline
    if token.as_text() != Some("secret") {
        return Err(handshake.reject(StatusCode::FORBIDDEN, "wrong token")); //~ accepted_twice
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Accepts what it has refused.
#[ws_endpoint("/twice/refused")]
async fn refused(handshake: Handshake) -> sockeye::Result {
    let error = handshake.reject(StatusCode::FORBIDDEN, "no"); //~ accepted_twice
    tracing::info!(%error);
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Both branches have answered.
#[ws_endpoint("/twice/branches")]
async fn branches(handshake: Handshake) -> sockeye::Result {
    let socket = if handshake.origin().is_some() {
        handshake.accept().header("x-browser", "1").await?
    } else {
        handshake.accept().await?
    };
    drop(socket);
    let mut again = handshake.accept().await?; //~ accepted_twice
    while again.recv().await?.is_some() {}
    Ok(())
}

/// Every arm has answered.
#[ws_endpoint("/twice/arms/{kind}")]
async fn arms(handshake: Handshake, Path(kind): Path<u8>) -> sockeye::Result {
    let error = match kind {
        0 => handshake.reject(StatusCode::NOT_FOUND, "zero"),
        1 => handshake.reject(StatusCode::GONE, "one"),
        _ => handshake.reject(StatusCode::BAD_REQUEST, "many"),
    };
    tracing::info!(%error);
    Err(handshake.reject(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())) //~ accepted_twice
}

/// A loop comes round to it.
#[ws_endpoint("/twice/loop")]
async fn in_loop(handshake: Handshake) -> sockeye::Result {
    loop {
        let mut socket = handshake.accept().await?; //~ accepted_twice
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
    }
}

/// So does a `while`.
#[ws_endpoint("/twice/while")]
async fn in_while(handshake: Handshake) -> sockeye::Result {
    let mut sockets = Vec::new();
    while sockets.len() < 2 {
        sockets.push(handshake.accept().await?); //~ accepted_twice
    }
    Ok(())
}

/// A retry of the accept.
#[ws_endpoint("/twice/retry")]
async fn retry(handshake: Handshake) -> sockeye::Result {
    let mut socket = match handshake.accept().await {
        Ok(socket) => socket,
        Err(error) => {
            tracing::warn!(%error, "once more");
            handshake.accept().await? //~ accepted_twice
        }
    };
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// In a tuple.
#[ws_endpoint("/twice/tuple")]
async fn tuple(handshake: Handshake) -> sockeye::Result {
    let (mut reader, writer) = (
        handshake.accept().await?,
        handshake.accept().await?, //~ accepted_twice
    );
    while let Some(message) = reader.recv().await? {
        writer.send(message).await?;
    }
    Ok(())
}

/// In `join!`.
#[ws_endpoint("/twice/join")]
async fn join(handshake: Handshake) -> sockeye::Result {
    let (one, two) = tokio::join!(
        handshake.accept(),
        handshake.accept(), //~? accepted_twice
    );
    let (mut one, two) = (one?, two?);
    while let Some(message) = one.recv().await? {
        two.send(message).await?;
    }
    Ok(())
}

/// After a limit.
#[ws_endpoint("/twice/timeout")]
async fn after_timeout(handshake: Handshake) -> sockeye::Result {
    let accepted = tokio::time::timeout(Duration::from_secs(1), handshake.accept()).await;
    let Ok(accepted) = accepted else {
        return Err(handshake.reject(StatusCode::REQUEST_TIMEOUT, "too slow")); //~ accepted_twice
    };
    let mut socket = accepted?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Under another name.
#[ws_endpoint("/twice/renamed")]
async fn renamed(handshake: Handshake) -> sockeye::Result {
    let request = handshake;
    let mut socket = request.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.is_empty() {
            drop(request.reject(StatusCode::BAD_REQUEST, "empty")); //~ accepted_twice
        }
        socket.send(message).await?;
    }
    Ok(())
}

/// Refuses twice, in a helper.
#[ws_lifecycle]
async fn refuse(handshake: Handshake, why: &str) -> Error {
    handshake.reject(StatusCode::FORBIDDEN, why);
    handshake.reject(StatusCode::FORBIDDEN, "really") //~ accepted_twice
}

/// A helper that accepts twice on one of its ways.
async fn open(handshake: Handshake, again: bool) -> sockeye::Result<Socket> {
    let socket = handshake.accept().await?;
    if again {
        return handshake.accept().await; //~ accepted_twice
    }
    Ok(socket)
}
