//! Every way to the end decides, hands the decision on, or is a refusal with an error of its own.
#![deny(warnings)]

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use sockeye::{Error, Handshake, Socket, ws_endpoint};
use tokio::sync::{mpsc, watch};

/// Rejects on one way, accepts on the other.
#[ws_endpoint("/ws/rooms/{room}")]
async fn room(handshake: Handshake, Path(room): Path<u64>) -> sockeye::Result {
    if room > 99 {
        return Err(handshake.reject(StatusCode::NOT_FOUND, "no such room"));
    }
    echo(handshake.accept().await?).await
}

/// Rejects without returning the error.
#[ws_endpoint("/ws/closed")]
async fn closed(handshake: Handshake) {
    handshake.reject(StatusCode::GONE, "moved to /ws/v2");
}

/// An error refuses, whatever it is made from.
#[ws_endpoint("/ws/number/{number}")]
async fn number(handshake: Handshake, Path(number): Path<String>) -> sockeye::Result {
    let number: u64 = number.parse()?;
    if number == 0 {
        return Err(Error::status(StatusCode::BAD_REQUEST, "count from one"));
    }
    echo(handshake.accept().await?).await
}

/// The last expression is a result that tokens cannot judge.
#[ws_endpoint("/ws/unknown")]
async fn unknown(handshake: Handshake, State(open): State<bool>) -> sockeye::Result {
    if !open {
        return refusal();
    }
    echo(handshake.accept().await?).await
}

/// Another function decides.
#[ws_endpoint("/ws/given")]
async fn given(handshake: Handshake) -> sockeye::Result {
    decide(handshake).await
}

/// A task that is waited for decides.
#[ws_endpoint("/ws/queue")]
async fn queue(handshake: Handshake, State(queue): State<mpsc::Sender<Handshake>>) -> sockeye::Result {
    queue.send(handshake).await.map_err(|_| Error::new("nobody takes handshakes"))?;
    Ok(())
}

/// A closure decides.
#[ws_endpoint("/ws/closure")]
async fn closure(handshake: Handshake) {
    let refuse = move || handshake.reject(StatusCode::FORBIDDEN, "closed today");
    tracing::info!(error = %refuse(), "refused");
}

/// Never comes to an end without a decision.
#[ws_endpoint("/ws/todo")]
async fn unwritten(handshake: Handshake, State(ready): State<bool>) -> sockeye::Result {
    if !ready {
        unimplemented!("waits for the new protocol");
    }
    echo(handshake.accept().await?).await
}

/// A match in which each arm decides or fails.
#[ws_endpoint("/ws/arms/{arm}")]
async fn arms(handshake: Handshake, Path(arm): Path<u8>) -> sockeye::Result {
    let socket = match arm {
        0 => return Err(handshake.reject(StatusCode::NOT_FOUND, "count from one")),
        1 => handshake.accept().header("x-arm", "one").await?,
        2 => panic!("there is no second arm"),
        _ => handshake.accept().await?,
    };
    echo(socket).await
}

/// Tries several times before it decides.
#[ws_endpoint("/ws/patient")]
async fn patient(handshake: Handshake) -> sockeye::Result {
    let mut tries = 0;
    let socket = loop {
        tries += 1;
        if tries > 3 {
            break handshake.accept().await?;
        }
        tokio::task::yield_now().await;
    };
    echo(socket).await
}

/// What a block returns is not what the handler returns.
#[ws_endpoint("/ws/block")]
async fn in_a_block(handshake: Handshake, State(open): State<bool>) -> sockeye::Result {
    let check = async {
        if open {
            return Ok(());
        }
        tokio::task::yield_now().await;
        Err(Error::status(StatusCode::SERVICE_UNAVAILABLE, "closed"))
    };
    check.await?;
    let serve = async move { echo(handshake.accept().await?).await };
    serve.await
}

/// Decided before the end, in a match whose arms meet.
#[ws_endpoint("/ws/meet/{room}")]
async fn meet(handshake: Handshake, Path(room): Path<u64>) -> sockeye::Result {
    let ended = match room {
        0 => Err(handshake.reject(StatusCode::NOT_FOUND, "count from one")),
        _ => decide(handshake).await,
    };
    tracing::info!(room, ?ended);
    ended
}

/// A timeout refuses.
#[ws_endpoint("/ws/timeout")]
async fn timeout(handshake: Handshake, State(mut ready): State<watch::Receiver<bool>>) -> sockeye::Result {
    tokio::select! {
        changed = ready.changed() => changed?,
        () = tokio::time::sleep(std::time::Duration::from_secs(1)) => {
            return Err(handshake.reject(StatusCode::SERVICE_UNAVAILABLE, "not ready"));
        }
    }
    let Ok(socket) = handshake.accept().await else { return Ok(()) };
    echo(socket).await
}

fn refusal() -> sockeye::Result {
    Err(Error::status(StatusCode::SERVICE_UNAVAILABLE, "not yet"))
}

async fn decide(handshake: Handshake) -> sockeye::Result {
    echo(handshake.accept().await?).await
}

async fn echo(mut socket: Socket) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

fn main() {}
