//! All ways to the answer: accept, refuse, or leave it to somebody else.

use std::{collections::HashMap, future::IntoFuture as _, time::Duration};

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
};
use sockeye::{Accept, CloseCode, Error, Handshake, Raw, Socket, ws_endpoint};
use tokio::{sync::Semaphore, time::timeout};

async fn echo(mut socket: Socket) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Refuses early.
#[ws_endpoint("/accepting/early")]
async fn early(handshake: Handshake) -> sockeye::Result {
    if !handshake.headers().contains_key("authorization") {
        return Err(handshake.reject(StatusCode::UNAUTHORIZED, "log in first"));
    }
    let socket = handshake.accept().await?;
    echo(socket).await
}

/// Refuses by an error, without naming the handshake.
#[ws_endpoint("/accepting/status")]
async fn by_status(handshake: Handshake, Path(_): Path<()>) -> sockeye::Result {
    let user = handshake
        .headers()
        .get("x-user")
        .ok_or_else(|| Error::status(StatusCode::UNAUTHORIZED, "no user"))?
        .to_str()
        .map_err(|_| Error::status(StatusCode::BAD_REQUEST, "the user is no text"))?
        .to_owned();
    let socket = handshake.accept().await?;
    socket.send(user).await?;
    echo(socket).await
}

/// Refuses in an arm, accepts in the others.
#[ws_endpoint("/accepting/arms/{version}")]
async fn arms(handshake: Handshake, Path(version): Path<u8>) -> sockeye::Result {
    let mut socket = match version {
        1 => handshake.accept().subprotocol("v1").await?,
        2 => handshake.accept().subprotocol("v2").header("x-version", "2").await?,
        _ => return Err(handshake.reject(StatusCode::NOT_FOUND, "no such version")),
    };
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// `if` as an expression.
#[ws_endpoint("/accepting/if")]
async fn if_expression(handshake: Handshake) -> sockeye::Result {
    let mut socket = if handshake.peer().is_some() {
        handshake.accept().header("x-peer", "known").await?
    } else {
        handshake.accept().await?
    };
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The answer is made in steps: a builder in a variable.
#[ws_endpoint("/accepting/builder")]
async fn builder(handshake: Handshake) -> sockeye::Result {
    let wanted = handshake.subprotocols().next().map(str::to_owned);
    let mut accept = handshake.accept();
    if let Some(name) = wanted {
        accept = accept.subprotocol(name);
    }
    for (name, value) in [("x-one", "1"), ("x-two", "2")] {
        accept = accept.header(name, value);
    }
    let mut socket = accept.await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A helper gets the builder.
#[ws_endpoint("/accepting/builder-helper")]
async fn builder_helper(handshake: Handshake) -> sockeye::Result {
    fn dressed(accept: Accept<Raw>) -> Accept<Raw> {
        accept.header("x-dressed", "yes")
    }
    let mut socket = dressed(handshake.accept()).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The future of the answer is named.
#[ws_endpoint("/accepting/into-future")]
async fn into_future(handshake: Handshake) -> sockeye::Result {
    let opening = handshake.accept().into_future();
    let mut socket = opening.await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Accepting may take long.
#[ws_endpoint("/accepting/timeout")]
async fn with_timeout(handshake: Handshake) -> sockeye::Result {
    let mut socket = timeout(Duration::from_secs(5), handshake.accept()).await??;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// `let else` on the answer.
#[ws_endpoint("/accepting/let-else")]
async fn let_else(handshake: Handshake) {
    let Ok(mut socket) = handshake.accept().await else { return };
    while let Ok(Some(message)) = socket.recv().await {
        let Ok(()) = socket.send(message).await else { return };
    }
}

/// `if let` on the answer; the other way is nobody's fault.
#[ws_endpoint("/accepting/if-let")]
async fn if_let(handshake: Handshake) {
    if let Ok(mut socket) = handshake.accept().await {
        while let Ok(Some(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                return;
            }
        }
    }
}

/// `match` on the answer.
#[ws_endpoint("/accepting/match")]
async fn matched(handshake: Handshake) -> Result<(), Error> {
    match handshake.accept().await {
        Ok(mut socket) => {
            while let Some(message) = socket.recv().await? {
                socket.send(message).await?;
            }
            Ok(())
        }
        Err(error) => {
            tracing::info!(%error, "gone before it began");
            Err(error)
        }
    }
}

/// Somebody else decides.
#[ws_endpoint("/accepting/delegate")]
async fn delegate(handshake: Handshake) -> sockeye::Result {
    decide(handshake).await
}

async fn decide(handshake: Handshake) -> sockeye::Result {
    if handshake.origin().is_none() {
        return Err(handshake.reject(StatusCode::FORBIDDEN, "browsers only"));
    }
    echo(handshake.accept().await?).await
}

/// Somebody else decides, in all ways but one.
#[ws_endpoint("/accepting/table/{table}")]
async fn table(handshake: Handshake, Path(table): Path<String>) -> sockeye::Result {
    match table.as_str() {
        "one" => decide(handshake).await,
        "two" => {
            decide(handshake).await?;
            Ok(())
        }
        _ => Err(Error::status(StatusCode::NOT_FOUND, "no such table")),
    }
}

/// The socket is used where it is made.
#[ws_endpoint("/accepting/inline")]
async fn inline(handshake: Handshake) -> sockeye::Result {
    echo(handshake.accept().await?).await
}

/// The handshake under the name of what comes of it.
#[ws_endpoint("/accepting/same-name")]
async fn same_name(conn: Handshake) -> sockeye::Result {
    let mut conn = conn.accept().await?;
    conn.send("hello").await?;
    while let Some(message) = conn.recv().await? {
        conn.send(message).await?;
    }
    Ok(())
}

/// A first parameter that is called socket.
#[ws_endpoint("/accepting/called-socket")]
async fn called_socket(socket: Handshake) -> sockeye::Result {
    let (tx, mut rx) = socket.accept().await?.split();
    while let Some(message) = rx.recv().await? {
        tx.send(message).await?;
    }
    Ok(())
}

/// Moved to another name first.
#[ws_endpoint("/accepting/moved")]
async fn moved(handshake: Handshake) -> sockeye::Result {
    let request = handshake;
    let ws = request.accept().await?;
    let mut socket = ws;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Accepts inside of a loop, and leaves it with the socket.
#[ws_endpoint("/accepting/loop")]
async fn in_loop(handshake: Handshake, State(seats): State<std::sync::Arc<Semaphore>>) -> sockeye::Result {
    let mut tries = 0;
    let (mut socket, _seat) = loop {
        if let Ok(seat) = seats.try_acquire() {
            break (handshake.accept().await?, seat);
        }
        tries += 1;
        if tries == 5 {
            return Err(handshake.reject(StatusCode::SERVICE_UNAVAILABLE, "full"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Accepts to tell why it does not want to talk: browsers do not show the status of a refusal.
#[ws_endpoint("/accepting/then-close")]
async fn then_close(handshake: Handshake, Query(query): Query<HashMap<String, String>>) -> sockeye::Result {
    const UNAUTHORIZED: CloseCode = CloseCode::new(4001).unwrap();
    let mut socket = handshake.accept().await?;
    if query.get("token").is_none_or(|token| token != "secret") {
        return socket.close(UNAUTHORIZED, "wrong token").await;
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Only refuses: an endpoint that has moved.
#[ws_endpoint("/accepting/gone")]
async fn gone(handshake: Handshake) -> sockeye::Result {
    Err(handshake.reject(StatusCode::GONE, "use /accepting/early"))
}

/// Only refuses, and returns nothing.
#[ws_endpoint("/accepting/gone-quietly")]
async fn gone_quietly(handshake: Handshake) {
    let error = handshake.reject(StatusCode::GONE, "use /accepting/early");
    tracing::info!(%error);
}

/// Refuses and returns `Ok`: the refusal has been sent already.
#[ws_endpoint("/accepting/refuse-and-return")]
async fn refuse_and_return(handshake: Handshake, headers: HeaderMap) -> sockeye::Result {
    if headers.contains_key("x-debug") {
        let _ = handshake.reject(StatusCode::FORBIDDEN, "no debugging here");
        return Ok(());
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// To be written: it panics, which is logged.
#[ws_endpoint("/accepting/todo")]
async fn unwritten(_handshake: Handshake) -> sockeye::Result {
    todo!("the protocol is not decided yet")
}

/// An unused handshake and an error as the only result.
#[ws_endpoint("/accepting/disabled")]
async fn disabled(_: Handshake) -> sockeye::Result {
    Err(Error::status(StatusCode::NOT_IMPLEMENTED, "switched off in this build"))
}

/// The result of an expression that nobody can see through.
#[ws_endpoint("/accepting/feature")]
async fn feature(handshake: Handshake) -> sockeye::Result {
    fn switched_off() -> sockeye::Result {
        Err(Error::status(StatusCode::NOT_IMPLEMENTED, "switched off"))
    }
    if handshake.uri().query() == Some("beta") {
        return echo(handshake.accept().await?).await;
    }
    switched_off()
}

/// `and_then` and friends on what is checked before.
#[ws_endpoint("/accepting/chain")]
async fn chain(handshake: Handshake) -> sockeye::Result {
    let allowed = handshake
        .headers()
        .get("cookie")
        .and_then(|cookie| cookie.to_str().ok())
        .and_then(|cookie| cookie.split_once('='))
        .map(|(name, value)| name == "session" && !value.is_empty())
        .unwrap_or(false);
    if !allowed {
        Err(handshake.reject(StatusCode::UNAUTHORIZED, "no session"))
    } else {
        let mut socket = handshake.accept().await.inspect_err(|error| tracing::debug!(%error))?;
        while socket.recv().await.inspect_err(|error| tracing::debug!(%error))?.is_some() {}
        Ok(())
    }
}

/// Let chains.
#[ws_endpoint("/accepting/let-chain")]
async fn let_chain(handshake: Handshake) -> sockeye::Result {
    if let Some(peer) = handshake.peer()
        && peer.ip().is_loopback()
        && let Ok(mut socket) = handshake.accept().await
    {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        return Ok(());
    }
    Err(Error::status(StatusCode::FORBIDDEN, "local clients only"))
}

/// Both ways come to the same end, and have answered.
#[ws_endpoint("/accepting/joined")]
async fn joined(handshake: Handshake, Query(query): Query<HashMap<String, String>>) -> sockeye::Result {
    if let Some(user) = query.get("user") {
        let mut socket = handshake.accept().await?;
        socket.send(format!("hello {user}")).await?;
        while socket.recv().await?.is_some() {}
    } else {
        let socket = handshake.accept().await?;
        socket.close(CloseCode::POLICY_VIOLATION, "who are you?").await?;
    }
    Ok(())
}

/// The other way never comes to the end.
#[ws_endpoint("/accepting/joined-never/{version}")]
async fn joined_never(handshake: Handshake, Path(version): Path<u8>) -> sockeye::Result {
    match version {
        1 => echo(handshake.accept().await?).await?,
        2 => std::process::exit(2),
        3 => std::future::pending::<()>().await,
        4 => unreachable!("the route has no 4"),
        _ => return Err(Error::status(StatusCode::NOT_FOUND, "no such version")),
    }
    Ok(())
}

/// An empty loop that only another way leaves.
#[ws_endpoint("/accepting/joined-loop")]
async fn joined_loop(handshake: Handshake, State(gate): State<std::sync::Arc<Semaphore>>) -> sockeye::Result {
    let permit = loop {
        if let Ok(permit) = gate.try_acquire() {
            break permit;
        }
        tokio::task::yield_now().await;
    };
    if handshake.headers().contains_key("x-late") {
        refuse(handshake);
    } else {
        echo(handshake.accept().await?).await?;
    }
    drop(permit);
    Ok(())
}

fn refuse(handshake: Handshake) {
    tracing::info!("refused: {}", handshake.reject(StatusCode::FORBIDDEN, "too late"));
}

/// Each failure where it belongs; a helper's failure may be of either kind.
#[ws_endpoint("/accepting/failures")]
async fn failures(handshake: Handshake, Query(query): Query<HashMap<String, String>>) -> sockeye::Result {
    let wrong = || Error::close(CloseCode::POLICY_VIOLATION, "who are you?");
    if query.contains_key("old") {
        return Err(Error::status(StatusCode::GONE, "too old"));
    }
    let late = Error::close(CloseCode::NORMAL, "over");
    let mut socket = handshake.accept().await?;
    let Some(first) = socket.recv().await? else { return Err(late) };
    let name = first.as_text().ok_or_else(wrong)?;
    if name.is_empty() {
        return Err(Error::close(CloseCode::POLICY_VIOLATION, "no name"));
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}
