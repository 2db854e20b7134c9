//! Handlers that come to their end without an answer to the client.

use std::{collections::HashMap, time::Duration};

use axum::extract::{Path, Query, State};
use sockeye::{CloseCode, Error, Handshake, Socket, ws_endpoint, ws_lifecycle};
use tokio::sync::{broadcast, watch};

/// Nothing but the end.
#[ws_endpoint("/never/ok")]
async fn only_ok(handshake: Handshake) -> sockeye::Result {
    Ok(()) //~ never_accepted
}

/// Nothing at all.
#[ws_endpoint("/never/empty")]
async fn empty(handshake: Handshake) {} //~ never_accepted

/// Looks at the request, and forgets to answer.
#[ws_endpoint("/never/looks")]
async fn looks(
    handshake: Handshake, //~ never_accepted
) {
    let peer = handshake.peer();
    tracing::info!(?peer, uri = %handshake.uri(), "somebody asks");
}

/// Leaves early with `Ok`.
#[ws_endpoint("/never/early")]
async fn early(handshake: Handshake) -> sockeye::Result {
    if !handshake.headers().contains_key("authorization") {
        tracing::warn!("no authorization");
        return Ok(()); //~ never_accepted
    }
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Leaves early with nothing.
#[ws_endpoint("/never/bare-return")]
async fn bare_return(handshake: Handshake, Query(query): Query<HashMap<String, String>>) {
    let Some(token) = query.get("token") else {
        return; //~ never_accepted
    };
    tracing::debug!(len = token.len());
    let Ok(mut socket) = handshake.accept().await else { return };
    while let Ok(Some(_)) = socket.recv().await {}
}

/// One arm forgets.
#[ws_endpoint("/never/arm/{version}")]
async fn arm(handshake: Handshake, Path(version): Path<u8>) -> sockeye::Result {
    match version {
        1 => {
            let mut socket = handshake.accept().await?;
            while socket.recv().await?.is_some() {}
            Ok(())
        }
        2 => Err(Error::new("not yet")),
        _ => Ok(()), //~ never_accepted
    }
}

/// The `else` forgets.
#[ws_endpoint("/never/else")]
async fn else_branch(handshake: Handshake, State(open): State<bool>) -> sockeye::Result {
    if open {
        let mut socket = handshake.accept().await?;
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    } else {
        tracing::info!("closed today");
        Ok(()) //~ never_accepted
    }
}

/// Waits for something that may never be, and then leaves.
#[ws_endpoint("/never/select")]
async fn select(handshake: Handshake, State(mut ready): State<watch::Receiver<bool>>) -> sockeye::Result {
    tokio::select! {
        _ = ready.changed() => {}
        _ = tokio::time::sleep(Duration::from_secs(5)) => {
            return Ok(()); //~ never_accepted
        }
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The error of a check is logged and thrown away.
#[ws_endpoint("/never/match-return")]
async fn match_return(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = match events.send("somebody comes".to_owned()) {
        Ok(_) => handshake.accept().await?,
        Err(error) => {
            tracing::warn!(%error);
            return Ok(()); //~ never_accepted
        }
    };
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Drops it on purpose, and thinks that this refuses.
#[ws_endpoint("/never/let-underscore")]
async fn underscore(handshake: Handshake) -> sockeye::Result {
    let _ = &handshake;
    tracing::info!("not today");
    return Ok(()); //~ never_accepted
}

/// Under another name.
#[ws_endpoint("/never/renamed")]
async fn renamed(request: Handshake) -> sockeye::Result {
    let handshake = request;
    if handshake.origin() == Some("https://evil.example") {
        return Ok(()); //~ never_accepted
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A loop that is left without an answer.
#[ws_endpoint("/never/loop")]
async fn in_loop(handshake: Handshake, State(seats): State<std::sync::Arc<tokio::sync::Semaphore>>) -> sockeye::Result {
    let mut tries = 0;
    let seat = loop {
        match seats.try_acquire() {
            Ok(seat) => break seat,
            Err(_) if tries == 3 => return Ok(()), //~ never_accepted
            Err(_) => tries += 1,
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    drop(seat);
    Ok(())
}

/// In a labelled block.
#[ws_endpoint("/never/label")]
async fn label(handshake: Handshake) -> sockeye::Result {
    'check: {
        if handshake.peer().is_none() {
            break 'check;
        }
        let mut socket = handshake.accept().await?;
        while socket.recv().await?.is_some() {}
        return Ok(());
    }
    Ok(()) //~ never_accepted
}

/// In an async block.
#[ws_endpoint("/never/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    let allowed = async { handshake.headers().contains_key("cookie") }.await;
    if !allowed {
        return Ok(()); //~ never_accepted
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A helper that forgets.
#[ws_lifecycle]
async fn helper(handshake: Handshake, name: Option<&str>) -> sockeye::Result {
    let Some(name) = name else { return Ok(()) }; //~ never_accepted
    let socket = handshake.accept().await?;
    socket.send(name).await?;
    socket.close(CloseCode::NORMAL, "").await
}

/// A helper that may give no socket, and then nobody answers.
async fn maybe(handshake: Handshake) -> sockeye::Result<Option<Socket>> {
    if handshake.origin().is_none() {
        return Ok(None); //~ never_accepted
    }
    Ok(Some(handshake.accept().await?))
}

/// Both ways come to the same end, and one of them has answered.
#[ws_endpoint("/never/joined-else")]
async fn joined_else(handshake: Handshake, Query(query): Query<HashMap<String, String>>) -> sockeye::Result {
    if let Some(user) = query.get("user") {
        let mut socket = handshake.accept().await?;
        socket.send(format!("hello {user}")).await?;
        while socket.recv().await?.is_some() {}
    } else {
        tracing::info!("nobody");
    }
    Ok(()) //~ never_accepted
}

/// The same without `else`.
#[ws_endpoint("/never/joined-if/{room}")]
async fn joined_if(handshake: Handshake, Path(room): Path<u32>) -> sockeye::Result {
    if room < 10 {
        let mut socket = handshake.accept().await?;
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
    }
    Ok(()) //~ never_accepted
}

/// The same with arms, of which one refuses.
#[ws_endpoint("/never/joined-arms/{version}")]
async fn joined_arms(handshake: Handshake, Path(version): Path<u8>) -> sockeye::Result {
    match version {
        1 => {
            let mut socket = handshake.accept().await?;
            while socket.recv().await?.is_some() {}
        }
        2 => return Err(handshake.reject(axum::http::StatusCode::GONE, "too old")),
        _ => tracing::warn!(version, "unknown"),
    }
    tracing::info!("over");
    Ok(()) //~ never_accepted
}

/// A close code, before there is anything to close.
#[ws_endpoint("/never/close-code")]
async fn close_code(handshake: Handshake) -> sockeye::Result {
    if handshake.bearer_token().is_none() {
        return Err(Error::close(CloseCode::POLICY_VIOLATION, "log in")); //~ io_before_accept
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A status, when the client has its 101.
#[ws_endpoint("/never/late-status")]
async fn late_status(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.as_text().is_none() {
            return Err(Error::status(axum::http::StatusCode::BAD_REQUEST, "text only")); //~ accepted_twice
        }
        socket.send(message).await?;
    }
    Ok(())
}
