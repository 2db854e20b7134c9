//! Every kind of message has its way.

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};

async fn ignores(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        match message {
            Message::Text(text) => {
                if socket.send(Message::Text(text)).await.is_err() {
                    break;
                }
            }
            Message::Close(_) => break,
            _ => {}
        }
    }
}

async fn refuses(mut socket: WebSocket) {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => {
                if socket.send(Message::Text(text)).await.is_err() {
                    return;
                }
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => {
                let frame = CloseFrame { code: close_code::UNSUPPORTED, reason: "text only".into() };
                let _ = socket.send(Message::Close(Some(frame))).await;
                return;
            }
            _ => return,
        }
    }
}

async fn all_but_the_end(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        match message {
            Message::Text(_) | Message::Binary(_) => {
                if socket.send(message).await.is_err() {
                    break;
                }
            }
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Close(_) => break,
        }
    }
}

async fn login(mut socket: WebSocket) {
    let name = loop {
        match socket.recv().await {
            Some(Ok(Message::Text(name))) => break name,
            _ => return,
        }
    };
    while let Some(Ok(_)) = socket.recv().await {
        if socket.send(Message::Text(name.clone())).await.is_err() {
            break;
        }
    }
}

async fn skips(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        if socket.send(Message::Text(text)).await.is_err() {
            break;
        }
    }
}

/// A guard takes pings, pongs and bytes.
async fn guarded(mut socket: WebSocket) {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) if text.starts_with('/') => continue,
            Some(Ok(Message::Text(text))) => {
                if socket.send(Message::Text(text)).await.is_err() {
                    break;
                }
            }
            Some(Ok(other)) if !matches!(other, Message::Close(_)) => continue,
            _ => break,
        }
    }
}
