//! What resembles the mistakes of `wrong_axum/variants.rs`.

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};

struct Peer<S> {
    sink: S,
    closed: bool,
}

impl Peer<SplitSink<WebSocket, Message>> {
    async fn close(&mut self, reason: &str) -> bool {
        if self.closed {
            return false;
        }
        let frame = Some(CloseFrame { code: close_code::NORMAL, reason: reason.into() });
        self.sink.send(Message::Close(frame)).await.is_ok()
    }

    async fn tell(&mut self, text: &str) -> Result<(), axum::Error> {
        self.sink.send(Message::text(text)).await
    }
}

async fn run(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let mut peer = Peer { sink, closed: false };
    while let Some(Ok(message)) = stream.next().await {
        if message.to_text().is_ok_and(|text| text == "bye") {
            peer.close("over").await;
            break;
        }
        if peer.tell("more").await.is_err() {
            break;
        }
    }
}

async fn run3(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    while let Some(message) = stream.next().await.and_then(Result::ok) {
        let close = message.to_text().is_ok_and(|text| text == "bye");
        let answer = if close { Message::Close(None) } else { message };
        let sent = sink.send(answer).await;
        if close || sent.is_err() {
            break;
        }
    }
    let _ = sink.close().await;
}
