//! Handles in structs, and queues, of other kinds. A layer compares the origin.
use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc,
};

struct Monitor {
    bed: u32,
    task: tokio::task::JoinHandle<()>,
}
impl Drop for Monitor {
    fn drop(&mut self) {
        self.task.abort();
    }
}
struct Timed {
    bed: u32,
    work: tokio::task::JoinHandle<()>,
}
async fn monitored(socket: WebSocket, alarms: broadcast::Sender<String>) {
    let (mut sink, mut stream) = socket.split();
    let mut alarms = alarms.subscribe();
    let monitor = Monitor {
        bed: 1,
        task: tokio::spawn(async move {
            loop {
                match alarms.recv().await {
                    Ok(alarm) => {
                        if sink.send(Message::text(alarm)).await.is_err() {
                            break;
                        }
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                }
            }
        }),
    };
    while let Some(Ok(_)) = stream.next().await {}
    tracing::debug!(monitor.bed);
}
async fn waited(socket: WebSocket, mut lines: mpsc::Receiver<String>) {
    let (mut sink, mut stream) = socket.split();
    let timed = Timed {
        bed: 2,
        work: tokio::spawn(async move {
            while let Some(line) = lines.recv().await {
                if sink.send(Message::text(line)).await.is_err() {
                    break;
                }
            }
        }),
    };
    while let Some(Ok(_)) = stream.next().await {}
    let _ = timed.work.await;
}
fn queue() -> (mpsc::Sender<Message>, mpsc::Receiver<Message>) {
    mpsc::channel(8)
}
async fn bounded(mut socket: WebSocket) {
    let (tx, mut rx) = queue();
    tokio::spawn(async move {
        let _ = tx.send(Message::text("hi")).await;
    });
    loop {
        tokio::select! {
            Some(message) = rx.recv() => if socket.send(message).await.is_err() { break },
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
}
async fn flush_all(shards: &[mpsc::Sender<String>]) {
    for shard in shards {
        let _ = shard.send("flush".to_owned()).await;
    }
}
