//! A Sockeye socket used as if it were axum's.

use std::time::Duration;

use sockeye::{Handshake, Json, Message, Receiver, Socket, ws_endpoint};
use tokio::time::timeout;

/// The pattern of axum's `recv` in a `match`.
#[ws_endpoint("/axum/match")]
async fn matched(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await {
            Some(Ok(message)) => socket.send(message).await?, //~ axum_api
            _ => return Ok(()),
        }
    }
}

/// And of a half.
#[ws_endpoint("/axum/half")]
async fn half(handshake: Handshake) -> sockeye::Result {
    let (sender, mut rx) = handshake.accept().await?.split();
    let Some(Ok(first)) = rx.recv().await else { return Ok(()) }; //~ axum_api
    sender.send(first).await?;
    while rx.recv().await?.is_some() {}
    Ok(())
}

/// A close frame as a message.
#[ws_endpoint("/axum/close")]
async fn close(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if matches!(message, Message::Binary(_)) {
            socket.send(Message::Close(None)).await?; //~ axum_api
            break;
        }
    }
    Ok(())
}

/// A helper with a ping of its own.
async fn beat(mut socket: Socket) -> sockeye::Result {
    socket.send(sockeye::Message::Ping(Vec::new())).await?; //~ axum_api
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The codec around what is received.
#[ws_endpoint("/axum/json")]
async fn json(handshake: Handshake<Json<u32>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(number) = socket.recv().await? {
        let sending = socket.send(Json(number + 1)); //~ axum_api
        sending.await?;
    }
    Ok(())
}

/// Methods that other libraries have.
#[ws_endpoint("/axum/methods")]
async fn methods(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(text) = receiver.recv_text().await? { //~ axum_api
        sender.send_text(text).await?; //~ axum_api
    }
    Ok(())
}

/// A number as the code.
#[ws_endpoint("/axum/number")]
async fn number(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    socket.close(1000, "bye").await //~ axum_api
}

/// The constant of axum's, of a half.
#[ws_endpoint("/axum/constant")]
async fn constant(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while receiver.recv().await?.is_some() {}
    sender.close(axum::extract::ws::close_code::AWAY, "bye").await //~ axum_api
}

/// No arguments.
#[ws_endpoint("/axum/nothing")]
async fn nothing(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    socket.close().await //~ axum_api
}

/// A callback.
#[ws_endpoint("/axum/callback")]
async fn callback(handshake: Handshake) {
    handshake.on_upgrade(|mut socket: Socket| async move { //~ axum_api
        while socket.recv().await.is_ok() {}
    });
}

/// In axum's router, too.
#[ws_endpoint("/axum/routed")]
async fn routed(handshake: Handshake) -> sockeye::Result { //~ axum_api
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

fn routes() -> axum::Router {
    axum::Router::new().route("/axum/routed", axum::routing::get(routed))
}

/// A status, as axum's handlers refuse.
#[ws_endpoint("/axum_api/status")]
async fn status(handshake: Handshake) -> sockeye::Result {
    if handshake.headers().get("authorization").is_none() {
        return Err(axum::http::StatusCode::UNAUTHORIZED); //~ axum_api
    }
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// As the value of a `match`.
#[ws_endpoint("/axum_api/status/match")]
async fn status_of_an_arm(handshake: Handshake) -> sockeye::Result {
    match handshake.headers().get("authorization").is_some() {
        true => {
            let mut socket = handshake.accept().await?;
            while socket.recv().await?.is_some() {}
            Ok(())
        }
        false => Err((axum::http::StatusCode::UNAUTHORIZED, "log in").into()), //~ axum_api
    }
}

/// `ok_or` with a status.
#[ws_endpoint("/axum_api/status/ok_or")]
async fn status_of_nothing(handshake: Handshake) -> sockeye::Result {
    let _token = handshake.bearer_token().ok_or(axum::http::StatusCode::UNAUTHORIZED)?; //~ axum_api
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The loop of a socket that returns a `Result` alone.
#[ws_endpoint("/axum_api/held/ok")]
async fn held_option(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Ok(message) = socket.recv().await { //~ axum_api
        socket.send(message).await?;
    }
    Ok(())
}

/// The loop of a channel.
#[ws_endpoint("/axum_api/held/some")]
async fn held_result(handshake: Handshake) {
    let Ok(mut socket) = handshake.accept().await else { return };
    while let Some(message) = socket.recv().await { //~ axum_api
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// A socket without its `?`.
#[ws_endpoint("/axum_api/held/accepted")]
async fn held_accepted(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await; //~ axum_api
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Methods of axum's messages.
#[ws_endpoint("/axum_api/held/methods")]
async fn held_methods(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.is_close() { //~ axum_api
            break;
        }
        socket.send(message).await?;
    }
    Ok(())
}

/// A status as a number.
#[ws_endpoint("/axum_api/status/number")]
async fn status_as_number(handshake: Handshake) -> sockeye::Result {
    Err(handshake.reject(429, "too many")) //~ axum_api
}
