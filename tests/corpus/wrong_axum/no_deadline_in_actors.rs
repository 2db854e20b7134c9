//! Methods that own the socket, none with a deadline. A layer compares the origin.
use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::{mpsc, watch};

/// Halves of a field
struct Viewer { socket: WebSocket, logs: watch::Receiver<String> }
impl Viewer {
    async fn run(self) { //~ no_deadline
        let (mut sink, mut stream) = self.socket.split();
        let mut logs = self.logs;
        let send = async {
            while logs.changed().await.is_ok() {
                let line = logs.borrow_and_update().clone();
                if sink.send(Message::text(line)).await.is_err() { break }
            }
        };
        let receive = async { while let Some(Ok(message)) = stream.next().await { if matches!(message, Message::Close(_)) { break } } };
        tokio::select! { () = send => {}, () = receive => {} }
    }
}
/// One event at a time
struct Ride { socket: WebSocket, replies: mpsc::Receiver<String> }
enum Event { Client(Message), Reply(String), End }
impl Ride {
    async fn event(&mut self) -> Event { //~ no_deadline
        tokio::select! {
            message = self.socket.recv() => match message {
                Some(Ok(message)) => Event::Client(message),
                _ => Event::End,
            },
            Some(reply) = self.replies.recv() => Event::Reply(reply),
        }
    }
    async fn run(mut self) {
        loop {
            match self.event().await {
                Event::Client(message) => tracing::debug!(?message),
                Event::Reply(text) => if self.socket.send(Message::text(text)).await.is_err() { return },
                Event::End => return,
            }
        }
    }
}
/// It waits for the first of both, once
struct Door { socket: WebSocket, opened: mpsc::Receiver<String> }
impl Door {
    async fn first(mut self) -> Option<String> {
        tokio::select! {
            message = self.socket.recv() => message?.ok()?.into_text().ok().map(|text| text.to_string()),
            text = self.opened.recv() => text,
        }
    }
}
