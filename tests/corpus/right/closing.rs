//! Ends that the handler chooses.

use std::time::Duration;

use axum::extract::{Path, State};
use sockeye::{CloseCode, Error, Handshake, Message, Socket, ws_endpoint};
use tokio::{sync::Mutex, time::sleep};

/// One request, one reply, one close.
#[ws_endpoint("/closing/once")]
async fn once(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    if let Some(request) = socket.recv().await? {
        socket.send(format!("{} bytes", request.len())).await?;
    }
    socket.close(CloseCode::NORMAL, "answered").await
}

/// A greeting and a close, nothing is expected.
#[ws_endpoint("/closing/motd")]
async fn message_of_the_day(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.send("be kind").await?;
    socket.close(CloseCode::NORMAL, "").await?;
    Ok(())
}

/// Streams what it has, then closes.
#[ws_endpoint("/closing/download/{count}")]
async fn download(handshake: Handshake, Path(count): Path<u32>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let rows: Vec<String> = (0..count).map(|row| format!("row {row}")).collect();
    for row in &rows {
        socket.send(row.as_str()).await?;
    }
    socket.close(CloseCode::NORMAL, format!("{} rows", rows.len())).await
}

/// Another code for each end.
#[ws_endpoint("/closing/codes")]
async fn codes(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (code, reason) = loop {
        match socket.recv().await? {
            Some(Message::Binary(_)) => break (CloseCode::UNSUPPORTED_DATA, "text only"),
            Some(Message::Text(text)) if text.len() > 1000 => {
                break (CloseCode::MESSAGE_TOO_BIG, "keep it short");
            }
            Some(Message::Text(text)) if &*text == "bye" => break (CloseCode::NORMAL, "bye"),
            Some(message) => socket.send(message).await?,
            None => return Ok(()),
        }
    };
    socket.close(code, reason).await
}

/// Closes in a loop and leaves it in the same breath.
#[ws_endpoint("/closing/break")]
async fn close_and_break(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await? {
            Some(message) if message.is_empty() => {
                socket.close(CloseCode::POLICY_VIOLATION, "empty").await?;
                break;
            }
            Some(message) => socket.send(message).await?,
            None => break,
        }
    }
    Ok(())
}

/// Closes by an error.
#[ws_endpoint("/closing/error")]
async fn by_error(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(hello) = socket.recv().await? else { return Ok(()) };
    if hello.as_text() != Some("hello") {
        return Err(Error::close(CloseCode::POLICY_VIOLATION, "say hello first"));
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Accepts and always ends with an error: the client learns the code.
#[ws_endpoint("/closing/always-error")]
async fn always_error(handshake: Handshake) -> sockeye::Result {
    let _socket = handshake.accept().await?;
    Err(Error::close(CloseCode::TRY_AGAIN_LATER, "maintenance"))
}

/// A best-effort farewell.
#[ws_endpoint("/closing/farewell")]
async fn farewell(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let result = serve(&mut socket).await;
    if let Err(error) = &result {
        let _ = socket.send(format!("sorry: {error}")).await;
    }
    let _ = socket.close(CloseCode::NORMAL, "").await;
    result
}

async fn serve(socket: &mut Socket) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Farewells by `ok`, `is_err`, `drop` and `unwrap_or`.
#[ws_endpoint("/closing/farewells")]
async fn farewells(handshake: Handshake) {
    let Ok(mut socket) = handshake.accept().await else { return };
    while let Ok(Some(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
    socket.send("one").await.ok();
    socket.send("two").await.unwrap_or_default();
    drop(socket.send("three").await);
    _ = socket.send("four").await;
    if let Err(error) = socket.send("five").await {
        tracing::debug!(%error);
    }
    socket.close(CloseCode::NORMAL, "").await.ok();
}

/// Closes one socket, and the name lives on as another thing.
#[ws_endpoint("/closing/shadowed")]
async fn shadowed(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    socket.close(CloseCode::NORMAL, "done").await?;
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await?;
    socket.send_to(b"done", "127.0.0.1:9").await?;
    let _ = socket.recv(&mut [0; 4]).await?;
    Ok(())
}

/// Something else is closed.
#[ws_endpoint("/closing/something-else")]
async fn something_else(handshake: Handshake) -> sockeye::Result {
    struct File;
    impl File {
        async fn close(self, _code: u8) {}
    }
    let mut socket = handshake.accept().await?;
    let file = File;
    let (_tx, mut rx) = tokio::sync::mpsc::channel::<u8>(1);
    file.close(0).await;
    rx.close();
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Closes on one way and goes on on the other.
#[ws_endpoint("/closing/either")]
async fn either(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(first) = socket.recv().await? else { return Ok(()) };
    if first.is_empty() {
        return socket.close(CloseCode::POLICY_VIOLATION, "empty").await;
    } else {
        socket.send(first).await?;
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The peer's reason is read after the end.
#[ws_endpoint("/closing/frame")]
async fn frame(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    match socket.close_frame() {
        Some(frame) => tracing::info!(code = %frame.code, reason = %frame.reason, "closed by the peer"),
        None => tracing::info!("closed without a reason"),
    }
    Ok(())
}

/// The socket is taken out of an option to be closed once.
#[ws_endpoint("/closing/take")]
async fn take(handshake: Handshake) -> sockeye::Result {
    let mut slot = Some(handshake.accept().await?);
    while let Some(socket) = slot.as_mut() {
        match socket.recv().await? {
            Some(message) if message.as_text() == Some("close") => {
                if let Some(socket) = slot.take() {
                    socket.close(CloseCode::NORMAL, "as you wish").await?;
                }
            }
            Some(message) => socket.send(message).await?,
            None => return Ok(()),
        }
    }
    Ok(())
}

/// What comes after the close has nothing to do with the socket.
#[ws_endpoint("/closing/after")]
async fn after(handshake: Handshake, State(count): State<std::sync::Arc<Mutex<u64>>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let peer = socket.peer();
    let (sent, ()) = tokio::join!(socket.send("bye"), sleep(Duration::from_millis(1)));
    sent?;
    let closed = socket.close(CloseCode::NORMAL, "").await;
    tracing::info!(?peer, ok = closed.is_ok());
    *count.lock().await += 1;
    closed
}

/// A helper that closes for everyone.
async fn refuse_politely(socket: Socket, code: u16, reason: &str) -> sockeye::Result {
    let code = CloseCode::new(code).unwrap_or(CloseCode::POLICY_VIOLATION);
    socket.send(format!("error: {reason}")).await?;
    socket.close(code, reason).await
}

/// It is used in several places, each of which returns.
#[ws_endpoint("/closing/politely")]
async fn politely(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(first) = socket.recv().await? else { return Ok(()) };
    let Some(name) = first.as_text() else { return refuse_politely(socket, 4000, "a name is text").await };
    if name.is_empty() {
        return refuse_politely(socket, 4001, "a name has letters").await;
    }
    socket.send(format!("hello {name}")).await?;
    let Some(second) = socket.recv().await? else { return Ok(()) };
    drop(second);
    refuse_politely(socket, 4002, "that was it").await
}

/// The close is the last arm of a `match` that is the result.
#[ws_endpoint("/closing/result")]
async fn as_result(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    match socket.recv().await {
        Ok(Some(message)) => {
            socket.send(message).await?;
            socket.close(CloseCode::NORMAL, "one is enough").await
        }
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    }
}
