//! Statuses that are errors of something else.

use axum::http::{HeaderMap, StatusCode};
use sockeye::{Handshake, ws_endpoint};

fn allowed(headers: &HeaderMap) -> Result<(), StatusCode> {
    if headers.get("authorization").is_none() {
        return Err(StatusCode::UNAUTHORIZED);
    }
    Ok(())
}

/// Of a function.
#[ws_endpoint("/statuses/function")]
async fn of_a_function(handshake: Handshake) -> sockeye::Result {
    if let Err(status) = allowed(handshake.headers()) {
        return Err(handshake.reject(status, "log in"));
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Of a closure, and of an `async` block.
#[ws_endpoint("/statuses/closure")]
async fn of_a_closure(handshake: Handshake) -> sockeye::Result {
    let check = |headers: &HeaderMap| -> Result<(), StatusCode> {
        if headers.contains_key("authorization") { Ok(()) } else { return Err(StatusCode::UNAUTHORIZED) }
    };
    let later = async {
        if true {
            return Err(StatusCode::FORBIDDEN);
        }
        Ok(())
    };
    if let Err(status) = check(handshake.headers()) {
        return Err(handshake.reject(status, "log in"));
    }
    if let Err(status) = later.await {
        return Err(handshake.reject(status, "not now"));
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// With a reason, as Sockeye's error.
#[ws_endpoint("/statuses/error")]
async fn of_an_error(handshake: Handshake) -> sockeye::Result {
    if handshake.headers().is_empty() {
        return Err(sockeye::Error::status(StatusCode::BAD_REQUEST, "no header"));
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}
