//! The server that clients of other authors are let loose on: the Autobahn suite, Python, HTTP/2, nginx.
//!
//! One endpoint for each behaviour that a client can see. It listens on `SOCKEYE_ADDR`, by default on a free port, and
//! says on stderr which one it got. With `SOCKEYE_EVERYTHING_ON` it is the one that `.ci/autobahn` tests; with `SOCKEYE_TLS`, the
//! folder of a certificate, it speaks TLS.

mod everything_on;
mod load;
mod secured;

use std::{env, error::Error as StdError, time::Duration};

use axum::extract::Path;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use sockeye::{CloseCode, Error, Handshake, Heartbeat, Json, Limits, Message, Server, ws_endpoint};

/// What clients must not be told.
const SECRET_CAUSE: &str = "the secret cause";

/// Sends every message back. The Autobahn suite sends messages of 16 MiB.
#[ws_endpoint("/echo", max_message_size = "32 MiB", compression = "deflate")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Sends every message back, and pings in each pause of a client's.
#[ws_endpoint("/pinged", max_message_size = "32 MiB", heartbeat = "300ms")]
async fn pinged(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Sends every message back, with the limits that every server has by default.
#[ws_endpoint("/default")]
async fn default(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Pings so often, and waits so briefly for the answer, that a test need not wait long either.
#[ws_endpoint("/heartbeat", heartbeat = "200ms")]
async fn heartbeat(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Says which subprotocol was agreed on.
#[ws_endpoint("/subprotocol", subprotocols = ["v2", "v1"])]
async fn subprotocol(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let agreed = Message::text(socket.subprotocol().unwrap_or("none").to_owned());
    socket.send(agreed).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[derive(Deserialize)]
struct Sum {
    numbers: Vec<i64>,
}

#[derive(Serialize)]
struct Total {
    total: i64,
}

/// Adds up numbers: typed JSON in both directions.
#[ws_endpoint("/sum")]
async fn sum(handshake: Handshake<Json<Sum, Total>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Sum { numbers }) = socket.recv().await? {
        socket.send(Total { total: numbers.iter().sum() }).await?;
    }
    Ok(())
}

/// Closes with the code in the path, at the first message.
#[ws_endpoint("/close/{code}")]
async fn close(handshake: Handshake, Path(code): Path<u16>) -> sockeye::Result {
    let Some(code) = CloseCode::new(code) else {
        return Err(handshake.reject(StatusCode::BAD_REQUEST, "no close frame may carry that code"));
    };
    let mut socket = handshake.accept().await?;
    socket.recv().await?;
    socket.close(code, "as you asked").await
}

/// Returns an error at the first message.
#[ws_endpoint("/fails")]
async fn fails(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    match socket.recv().await? {
        Some(_) => Err(Error::new(SECRET_CAUSE)),
        None => Ok(()),
    }
}

/// Panics at the first message.
#[ws_endpoint("/panics", allow(no_receive_loop, reason = "it panics at the first message"))]
async fn panics(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    assert!(socket.recv().await?.is_none(), "{SECRET_CAUSE}");
    Ok(())
}

/// Is busy elsewhere after it has accepted, and does not receive for a while.
#[ws_endpoint("/busy")]
async fn busy(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Refuses everyone.
#[ws_endpoint("/private")]
async fn private(handshake: Handshake) -> sockeye::Result {
    if handshake.headers().contains_key("authorization") {
        let mut socket = handshake.accept().header("x-welcome", "yes").await?;
        while socket.recv().await?.is_some() {}
        return Ok(());
    }
    Err(handshake.reject(StatusCode::UNAUTHORIZED, "log in first"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let address = env::var("SOCKEYE_ADDR").unwrap_or_else(|_| "127.0.0.1:0".to_owned());
    if env::var_os("SOCKEYE_EVERYTHING_ON").is_some() {
        return Ok(everything_on::serve(&address).await?);
    }
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    // Short enough that a test of a deadline can wait for it.
    let limits =
        Limits::new().handshake_timeout(Duration::from_secs(2)).close_timeout(Duration::from_secs(1));
    let heartbeat = Heartbeat::default().timeout(Duration::from_millis(500));
    let mut server = Server::new().limits(limits).heartbeat(heartbeat);
    if let Some(folder) = env::var_os("SOCKEYE_TLS") {
        server = secured::secured(server, folder.as_ref())?;
    }
    Ok(server.serve(address).await?)
}
