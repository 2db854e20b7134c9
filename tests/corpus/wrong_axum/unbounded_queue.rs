//! Queues without a limit that are drained into a socket.

use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt as _, StreamExt as _, stream::SplitSink};
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;

const ORIGIN: &str = "checked elsewhere";

async fn forwards(socket: WebSocket, users: Users) {
    let (user_tx, mut user_rx) = socket.split();
    let (tx, rx) = mpsc::unbounded_channel(); //~ unbounded_queue
    let rx = UnboundedReceiverStream::new(rx);
    let mut task = tokio::spawn(rx.forward(user_tx));
    let id = users.add(tx);
    while let Some(Ok(message)) = user_rx.next().await {
        users.say(id, message).await;
    }
    users.remove(id);
    task.abort();
}

async fn writes(mut sink: SplitSink<WebSocket, Message>, mut rx: mpsc::UnboundedReceiver<Message>) { //~ unbounded_queue
    while let Some(message) = rx.recv().await {
        if sink.send(message).await.is_err() {
            break;
        }
    }
}

async fn selects(mut socket: WebSocket, rooms: Arc<Rooms>) {
    let (tx, mut rx) = tokio::sync::mpsc::unbounded_channel::<String>(); //~ unbounded_queue
    rooms.lock().await.insert(1, tx);
    loop {
        let text = tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(_)) => continue,
                _ => break,
            },
            text = rx.recv() => text,
        };
        let Some(text) = text else { break };
        if socket.send(Message::text(text)).await.is_err() {
            break;
        }
    }
}
