//! Sends after a close in a helper, or of a sink.
//! A layer of their router checks the origins.

use std::time::Duration;
use axum::{extract::{State, ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade}}, response::Response};
use futures_util::{Sink, SinkExt, Stream, StreamExt, stream::{SplitSink}};

async fn upgrade(ws: WebSocketUpgrade) -> Response {
    ws.on_upgrade(serve)
}

async fn bye(socket: &mut WebSocket) {
    let _ = socket.send(Message::Close(None)).await;
}

async fn serve(mut socket: WebSocket) {
    while let Some(Ok(_)) = socket.recv().await {}
    bye(&mut socket).await;
    let _ = socket.send(Message::Text("bye".into())).await; //~ io_after_close
}

async fn close_with(socket: &mut WebSocket, code: u16, reason: &str) -> Result<(), axum::Error> {
    socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await
}

async fn serve2(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if message.to_text().is_ok_and(|text| text == "bye") {
            let _ = close_with(&mut socket, 1000, "bye").await;
            let _ = socket.send(Message::Text("bye".into())).await; //~ io_after_close
            return;
        }
    }
}

async fn serve3(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    while let Some(Ok(_)) = stream.next().await {}
    let _ = sink.close().await;
    let _ = sink.send(Message::Text("bye".into())).await; //~ io_after_close
}

async fn serve4(mut socket: WebSocket) {
    while let Some(Ok(_)) = socket.recv().await {}
    let _ = SinkExt::close(&mut socket).await;
    let _ = socket.send(Message::Text("bye".into())).await; //~ io_after_close
}

async fn serve5(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    while let Some(Ok(_)) = stream.next().await {}
    finish(&mut sink).await;
    if sink.send(Message::Text("bye".into())).await.is_err() { //~ io_after_close
        tracing::info!("gone");
    }
}

async fn finish(sink: &mut SplitSink<WebSocket, Message>) {
    let frame = CloseFrame { code: 1000, reason: "bye".into() };
    if let Err(error) = sink.send(Message::Close(Some(frame))).await {
        tracing::info!(%error, "gone");
    }
}

async fn serve6(mut socket: WebSocket) {
    while let Some(Ok(_)) = socket.recv().await {}
    let close = Message::Close(None);
    let _ = socket.send(close).await;
    let _ = socket.send(Message::Text("bye".into())).await; //~ io_after_close
}

async fn shut(mut sink: &mut SplitSink<WebSocket, Message>) {
    let _ = sink.close().await;
}

async fn serve7(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    while let Some(Ok(_)) = stream.next().await {}
    shut(&mut sink).await;
    let _ = sink.send(Message::Text("bye".into())).await; //~ io_after_close
}
