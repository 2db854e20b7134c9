//! Loops that wait for no other client, or for one. A layer compares the origin.
use axum::extract::{
    State,
    ws::{Message, WebSocket},
};
use futures_util::{
    SinkExt, StreamExt,
    future::join_all,
    stream::{self, SplitSink},
};
use sockeye::{Handshake, Sender, ws_endpoint};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{Mutex, RwLock, mpsc, oneshot};

type Out = SplitSink<WebSocket, Message>;
struct Hall {
    seats: Mutex<HashMap<u32, mpsc::Sender<Message>>>,
    boats: Mutex<BTreeMap<String, Boat>>,
    drivers: RwLock<HashMap<u64, Sender>>,
    shards: Vec<mpsc::Sender<String>>,
    history: Mutex<Vec<Message>>,
    presses: Vec<Press>,
}
#[derive(Clone)]
struct Boat {
    tx: mpsc::Sender<Message>,
    done: mpsc::Sender<u64>,
    name: String,
}
struct Press {
    jobs: mpsc::Sender<Job>,
}
struct Job {
    text: String,
}

/// One of them, by its id.
async fn whisper(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let boats: Vec<Boat> = hall.boats.lock().await.values().cloned().collect();
        for boat in &boats {
            if boat.name == "Vega" {
                let _ = boat.tx.send(message).await;
                break;
            }
        }
    }
}
/// Try_send.
async fn tries(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        for (_, seat) in hall.seats.lock().await.iter() {
            let _ = seat.try_send(message.clone());
        }
    }
}
/// Together.
async fn together(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let seats: Vec<_> = hall.seats.lock().await.values().cloned().collect();
        join_all(seats.iter().map(|seat| seat.send(message.clone()))).await;
    }
}
/// Each in a task.
async fn apart(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let mut seats: Vec<_> = hall.seats.lock().await.values().cloned().collect();
        while let Some(seat) = seats.pop() {
            let message = message.clone();
            tokio::spawn(async move {
                let _ = seat.send(message).await;
            });
        }
    }
}
/// With a limit.
async fn limited(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let boats: Vec<Boat> = hall.boats.lock().await.values().cloned().collect();
        for boat in boats {
            let _ = tokio::time::timeout(Duration::from_millis(10), boat.tx.send(message.clone())).await;
        }
    }
}
/// Concurrently.
async fn concurrent(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let seats: Vec<_> = hall.seats.lock().await.values().cloned().collect();
        stream::iter(seats)
            .for_each_concurrent(None, |seat| {
                let message = message.clone();
                async move {
                    let _ = seat.send(message).await;
                }
            })
            .await;
    }
}
/// The history goes to one client.
async fn replay(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    let history = hall.history.lock().await.clone();
    for message in history {
        if socket.send(message).await.is_err() {
            return;
        }
    }
    while let Some(Ok(_)) = socket.recv().await {}
}
/// Pieces of work, into one queue.
async fn works(mut socket: WebSocket, queue: mpsc::Sender<Message>) {
    let mut pending: Vec<Message> = Vec::new();
    while let Some(Ok(message)) = socket.recv().await {
        pending.push(message);
        while let Some(message) = pending.pop() {
            if queue.send(message).await.is_err() {
                return;
            }
        }
    }
}
/// Parts of the program.
async fn sharded(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        for shard in &hall.shards {
            let _ = shard.send(format!("{message:?}")).await;
        }
        for press in &hall.presses {
            let _ = press.jobs.send(Job { text: format!("{message:?}") }).await;
        }
    }
}
/// Another queue of theirs.
async fn done(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(_)) = socket.recv().await {
        let boats: Vec<Boat> = hall.boats.lock().await.values().cloned().collect();
        for boat in &boats {
            if boat.done.try_send(1).is_err() {
                tracing::debug!(boat.name, "gone");
            }
        }
    }
}
impl Boat {
    fn offer(&self, message: Message) -> bool {
        self.tx.try_send(message).is_ok()
    }
    async fn offer_soon(&self, message: Message) -> bool {
        tokio::time::timeout(Duration::from_millis(5), self.tx.send(message)).await.is_ok()
    }
}
async fn offers(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let boats: Vec<Boat> = hall.boats.lock().await.values().cloned().collect();
        for boat in &boats {
            boat.offer(message.clone());
            boat.offer_soon(message.clone()).await;
        }
    }
}
/// Answers to those who wait.
#[ws_endpoint("/hall/answers")]
async fn answers(handshake: Handshake, State(hall): State<Arc<Hall>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut waiting: VecDeque<oneshot::Sender<String>> = VecDeque::new();
    while let Some(message) = socket.recv().await? {
        let (answer, answered) = oneshot::channel();
        waiting.push_back(answer);
        while let Some(one) = waiting.pop_front() {
            let _ = one.send("done".to_owned());
        }
        socket.send(answered.await.unwrap_or_default()).await?;
        let drivers = hall.drivers.read().await.len();
        tracing::debug!(?message, drivers);
    }
    Ok(())
}
