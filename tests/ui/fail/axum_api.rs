use std::time::Duration;

use axum::{
    Router,
    extract::{State, ws::close_code},
    http::StatusCode,
    routing::any,
};
use serde::{Deserialize, Serialize};
use sockeye::{CloseCode, Handshake, Json, Message, ws_endpoint};

#[derive(Serialize, Deserialize)]
struct Command {
    pause: bool,
}

/// What axum's `recv` gives.
#[ws_endpoint("/ws/some_ok")]
async fn some_ok(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Ok(message)) = socket.recv().await {
        socket.send(message).await?;
    }
    Ok(())
}

/// The same in `select!`.
#[ws_endpoint("/ws/select")]
async fn select(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            Some(Ok(message)) = socket.recv() => socket.send(message).await?,
            _ = tick.tick() => socket.send("tick").await?,
        }
    }
}

/// Kinds of messages that Sockeye takes care of.
#[ws_endpoint("/ws/kinds")]
async fn kinds(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        match message {
            Message::Text(text) => socket.send(text).await?,
            Message::Ping(data) => socket.send(Message::Pong(data)).await?,
            Message::Close(_) => break,
            Message::Binary(_) => {}
        }
    }
    Ok(())
}

/// The codec around messages.
#[ws_endpoint("/ws/json")]
async fn json(handshake: Handshake<Json<Command>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Json(command)) = socket.recv().await? {
        socket.send(Json(command)).await?;
    }
    Ok(())
}

/// A stream, without the trait.
#[ws_endpoint("/ws/stream")]
async fn stream(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        socket.send(text).await?;
    }
    Ok(())
}

/// What other libraries call it.
#[ws_endpoint("/ws/methods")]
async fn methods(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    sender.send_json(&Command { pause: true }).await?;
    while let Some(text) = receiver.recv_text().await? {
        sender.send_text(text).await?;
    }
    sender.close(1000, "bye").await
}

/// What `close` takes.
#[ws_endpoint("/ws/closing")]
async fn closing(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(message) = socket.receive().await? else { return socket.close().await };
    match message.len() {
        0 => socket.close("empty").await,
        1 => socket.close(4001, "one").await,
        2 => socket.close(1006, "two").await,
        3 => socket.close(close_code::AWAY, "three").await,
        _ => socket.close(CloseCode::NORMAL).await,
    }
}

/// A callback.
#[ws_endpoint("/ws/callback")]
async fn callback(handshake: Handshake) {
    handshake.on_upgrade(|mut socket| async move {
        while let Some(Ok(message)) = socket.recv().await {
            let _ = socket.send(message).await;
        }
    })
}

/// In axum's router, too.
#[ws_endpoint("/ws/routed")]
async fn routed(handshake: Handshake, State(name): State<String>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send(name).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A status as axum's handlers return it.
#[ws_endpoint("/ws/status")]
async fn status(handshake: Handshake) -> sockeye::Result {
    let Some(token) = handshake.headers().get("authorization") else {
        return Err(StatusCode::UNAUTHORIZED);
    };
    if token.is_empty() {
        return Err((StatusCode::FORBIDDEN, "the token is empty"));
    }
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Err(StatusCode::BAD_REQUEST.into())
}

/// The same with `?`.
#[ws_endpoint("/ws/status/question")]
async fn status_by_question(handshake: Handshake, State(name): State<Option<String>>) -> sockeye::Result {
    let _token = handshake.bearer_token().ok_or(StatusCode::UNAUTHORIZED)?;
    let name = name.ok_or_else(|| (StatusCode::FORBIDDEN, "no name"))?;
    let _number: u8 = name.parse().map_err(|_| StatusCode::BAD_REQUEST)?;
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn main() {
    let _router: Router<String> = Router::new().route("/ws/routed", any(routed));
}
