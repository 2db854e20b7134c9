//! Mistakes of the other files once more, in other words.

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::{SinkExt, StreamExt, stream::{SplitSink}};

struct Peer { sink: SplitSink<WebSocket, Message> }

impl Peer {
    async fn close(&mut self, reason: &str) -> bool {
        let frame = Some(CloseFrame { code: close_code::NORMAL, reason: reason.into() });
        self.sink.send(Message::Close(frame)).await.is_ok()
    }

    async fn tell(&mut self, text: &str) -> Result<(), axum::Error> {
        self.sink.send(Message::text(text)).await
    }
}

async fn run(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let mut peer = Peer { sink };
    while let Some(Ok(_)) = stream.next().await {}
    peer.close("over").await;
    let _ = peer.tell("really").await; //~ io_after_close
}

async fn hang_up(socket: &mut WebSocket) -> Result<(), axum::Error> {
    tracing::info!("hanging up");
    socket.send(Message::Close(None)).await?;
    Ok(())
}

async fn run2(mut socket: WebSocket) {
    while let Some(Ok(_)) = socket.recv().await {}
    if let Err(error) = hang_up(&mut socket).await {
        tracing::info!(%error, "gone");
    }
    socket.send(Message::text("late")).await.ok(); //~ io_after_close
}
