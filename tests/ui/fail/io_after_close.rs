use axum::extract::State;
use sockeye::{CloseCode, Handshake, ws_endpoint};

/// The result comes too late.
#[ws_endpoint("/ws/sum")]
async fn sum(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut total = 0;
    while let Some(message) = socket.recv().await? {
        match message.as_text() {
            Some("total") => break,
            Some(number) => total += number.parse::<i64>()?,
            None => {}
        }
    }
    socket.close(CloseCode::NORMAL, "done").await?;
    socket.send(total.to_string()).await?;
    Ok(())
}

/// Waits for an answer to the close.
#[ws_endpoint("/ws/answer")]
async fn answer(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    let _ = socket.close(CloseCode::NORMAL, "").await;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Closes twice, to be sure.
#[ws_endpoint("/ws/twice")]
async fn twice(handshake: Handshake) {
    let Ok(mut socket) = handshake.accept().await else { return };
    while let Ok(Some(_)) = socket.recv().await {}
    let _ = socket.close(CloseCode::NORMAL, "bye").await;
    let _ = socket.close(CloseCode::GOING_AWAY, "bye").await;
}

/// Closed in every arm.
#[ws_endpoint("/ws/arms")]
async fn arms(handshake: Handshake, State(full): State<bool>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    match full {
        true => socket.close(CloseCode::TRY_AGAIN_LATER, "the room is full").await?,
        false => socket.close(CloseCode::GOING_AWAY, "the room is closed").await?,
    }
    socket.flush().await
}

/// In an arm of `select!`.
#[ws_endpoint("/ws/select")]
async fn select(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut patience = Box::pin(tokio::time::sleep(std::time::Duration::from_secs(60)));
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(message) => socket.send(message).await?,
                None => return Ok(()),
            },
            () = &mut patience => {
                socket.close(CloseCode::POLICY_VIOLATION, "too slow").await?;
                return socket.send("the minute is over").await;
            }
        }
    }
}

/// The `return` after the close is missing, in a loop and before one.
#[ws_endpoint("/ws/unreturned")]
async fn unreturned(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    if let Some(hello) = socket.recv().await? {
        if hello.as_text() != Some("hello") {
            socket.close(CloseCode::POLICY_VIOLATION, "say hello").await?;
        }
    }
    while let Some(message) = socket.recv().await? {
        if message.as_text() == Some("bye") {
            socket.close(CloseCode::NORMAL, "bye").await?;
        }
        socket.send(message).await?;
    }
    Ok(())
}

fn main() {}
