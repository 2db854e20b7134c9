//! Sockets of plain axum, used wrongly. The check of `Origin` is somewhere in this file.

use std::time::Duration;

use axum::{
    extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    http::{HeaderMap, StatusCode, header::ORIGIN},
    response::{IntoResponse, Response},
};
use futures_util::{SinkExt, StreamExt, stream::{SplitSink, SplitStream}};
use tokio::{
    sync::broadcast,
    time::{interval, sleep, timeout},
};

fn allowed(headers: &HeaderMap) -> bool {
    headers.get(ORIGIN).is_none_or(|origin| origin == "https://app.example.com")
}

async fn no_loop(mut socket: WebSocket) { //~ no_receive_loop
    if let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            tracing::info!("gone");
        }
    }
}

async fn greets(
    mut socket: WebSocket, //~ no_receive_loop
    name: String,
) {
    socket.send(Message::text(format!("hello {name}"))).await.ok();
}

async fn drops(
    _socket: WebSocket, //~ no_receive_loop
) {
    tracing::info!("connected");
}

async fn deaf(mut socket: WebSocket) {
    loop {
        if socket.send(Message::text("tick")).await.is_err() { //~ deaf_loop
            break;
        }
        sleep(Duration::from_secs(1)).await;
    }
}

async fn deaf_feed(mut socket: WebSocket, events: broadcast::Sender<String>) -> Result<(), axum::Error> {
    let mut events = events.subscribe();
    while let Ok(event) = events.recv().await { //~ lagged_feed
        socket.send(Message::Text(event.into())).await?; //~ deaf_loop
    }
    Ok(())
}

async fn deaf_half(socket: WebSocket) {
    let (mut sender, _receiver) = socket.split();
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        let Ok(()) = sender.send(Message::text("tick")).await else { return }; //~ deaf_loop
    }
}

async fn spinning(mut socket: WebSocket) {
    loop {
        if let Some(Ok(message)) = socket.recv().await { //~ spinning_loop
            if socket.send(message).await.is_err() {
                return;
            }
        }
    }
}

async fn spinning_arm(mut socket: WebSocket) {
    loop {
        match socket.recv().await { //~ spinning_loop
            Some(Ok(Message::Close(_))) => return,
            Some(Ok(message)) => tracing::info!(?message),
            Some(Err(_)) => return,
            None => {}
        }
    }
}

async fn spinning_next(socket: WebSocket) {
    let (_sender, mut receiver) = socket.split();
    loop {
        let Some(Ok(message)) = receiver.next().await else { continue }; //~ spinning_loop
        tracing::info!(?message);
    }
}

async fn spinning_timeout(mut socket: WebSocket) {
    loop {
        match timeout(Duration::from_secs(10), socket.recv()).await { //~ spinning_loop
            Ok(Some(Ok(message))) => tracing::info!(?message),
            Ok(_) => continue,
            Err(_) => return,
        }
    }
}

async fn no_await(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let _ = socket.send(message); //~ missing_await
    }
}

async fn no_await_recv(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv() { //~ missing_await
        if socket.send(message).await.is_err() {
            break;
        }
    }
}

async fn no_await_close(mut socket: WebSocket) {
    while let Some(Ok(Message::Text(_))) = socket.recv().await {}
    socket.send(Message::Close(None)); //~ missing_await
}

async fn no_await_half(mut sender: SplitSink<WebSocket, Message>, mut receiver: SplitStream<WebSocket>) {
    while let Some(Ok(message)) = receiver.next().await {
        sender.send(message); //~ missing_await
    }
}

async fn panicking(mut socket: WebSocket) {
    while let Some(message) = socket.recv().await {
        let message = message.unwrap(); //~ panicking_io
        socket.send(message).await.unwrap(); //~ panicking_io
    }
}

async fn panicking_recv(mut socket: WebSocket) {
    loop {
        let message = socket.recv().await.unwrap().unwrap(); //~ panicking_io
        if let Message::Close(_) = message {
            return;
        }
        socket.send(message).await.expect("sent"); //~ panicking_io
    }
}

async fn panicking_next(socket: WebSocket) {
    let (mut sender, mut receiver) = socket.split();
    while let Message::Text(text) = receiver.next().await.unwrap().unwrap() { //~ panicking_io, kind_ends_loop
        if sender.send(Message::Text(text)).await.is_err() {
            return;
        }
    }
}

async fn blocking(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        std::thread::sleep(Duration::from_millis(500)); //~ blocking_call
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

async fn blocking_upgrade(ws: WebSocketUpgrade, headers: HeaderMap) -> Response {
    if !allowed(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let banner = std::fs::read_to_string("/etc/motd").unwrap_or_default(); //~ blocking_call
    ws.on_upgrade(|mut socket| async move {
        if socket.send(Message::text(banner)).await.is_err() {
            return;
        }
        while let Some(Ok(_)) = socket.recv().await {}
    })
}

async fn swallowed(mut socket: WebSocket, events: broadcast::Sender<String>) {
    let mut events = events.subscribe();
    while let Ok(event) = events.recv().await { //~ lagged_feed
        let _ = socket.send(Message::text(event)).await; //~ swallowed_error, deaf_loop
    }
}

async fn swallowed_join(socket: WebSocket) {
    let (mut sender, mut receiver) = socket.split();
    let write = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            if let Err(error) = sender.send(Message::text("tick")).await { //~ swallowed_error
                tracing::warn!(%error);
            }
        }
    };
    let read = async { while let Some(Ok(_)) = receiver.next().await {} };
    tokio::join!(write, read);
}

async fn in_closure(ws: WebSocketUpgrade, headers: HeaderMap) -> Response {
    if !allowed(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    ws.on_upgrade(|mut socket| async move {
        loop {
            let Some(message) = socket.recv().await else { continue }; //~ spinning_loop
            let Ok(message) = message else { return };
            if socket.send(message).await.is_err() {
                return;
            }
        }
    })
}

async fn close_is_not_awaited(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if let Message::Binary(_) = message {
            let frame = CloseFrame { code: 1003, reason: "text only".into() };
            let _ = socket.send(Message::Close(Some(frame))); //~ missing_await
            return;
        }
    }
}

/// Explains itself after the close frame.
async fn late_words(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if matches!(message, Message::Binary(_)) {
            let frame = CloseFrame { code: 1003, reason: "text only".into() };
            let _ = socket.send(Message::Close(Some(frame))).await;
            let _ = socket.send(Message::text("only text, please")).await; //~ io_after_close
            return;
        }
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// The same through the sending half.
async fn late_half(socket: WebSocket) -> Result<(), axum::Error> {
    let (mut sink, mut stream) = socket.split();
    let mut count = 0;
    while let Some(Ok(_)) = stream.next().await {
        count += 1;
    }
    sink.send(Message::Close(None)).await?;
    sink.send(Message::text(format!("{count} messages"))).await //~ io_after_close
}
