//! Plain axum again, with one thing in each that looks like a mistake and is none. The check of `Origin` is `trusted`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex},
    time::Duration,
};

use axum::{
    extract::{
        Path, State,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code},
    },
    http::{HeaderMap, StatusCode, header::ORIGIN},
    response::{IntoResponse, Response},
};
use futures_util::{
    SinkExt as _, StreamExt as _, future,
    stream::{SplitSink, SplitStream},
};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{Mutex, broadcast, mpsc, oneshot, watch},
    task::JoinSet,
    time::{self, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

type Sink = SplitSink<WebSocket, Message>;

fn trusted(headers: &HeaderMap) -> bool {
    headers.get(ORIGIN).is_some_and(|origin| origin == "https://app.example.com")
}

/// What the client may say.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    Move { to: [u8; 2] },
    Vote { choice: Choice },
    Leave,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
enum Choice {
    Yes,
    No,
    Abstain,
}

/// Votes are counted in an array with a place for every choice.
async fn game(upgrade: WebSocketUpgrade, headers: HeaderMap) -> Response {
    if !trusted(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    upgrade.on_upgrade(|mut socket| async move {
        let mut votes = [0_u32; 3];
        let mut board = [[false; 8]; 8];
        while let Some(Ok(message)) = socket.recv().await {
            let Message::Text(text) = message else { continue };
            let said: Said = match serde_json::from_str(&text) {
                Ok(said) => said,
                Err(error) => {
                    let answer = Message::Text(error.to_string().into());
                    if socket.send(answer).await.is_err() {
                        break;
                    }
                    continue;
                }
            };
            match said {
                Said::Vote { choice } => votes[choice as usize] += 1,
                Said::Move { to: [x, y] } if x < 8 && y < 8 => board[usize::from(x)][usize::from(y)] = true,
                Said::Move { .. } => {}
                Said::Leave => break,
            }
            let count = format!("{votes:?} {}", board.iter().flatten().filter(|one| **one).count());
            if socket.send(Message::Text(count.into())).await.is_err() {
                break;
            }
        }
    })
}

/// The header is there: its length was looked at in a match on the slice.
async fn binary(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Binary(bytes) = message else { continue };
        let answer = match &bytes[..] {
            [] => b"empty".to_vec(),
            [kind, rest @ ..] if rest.len() >= 4 => {
                let length = u32::from_le_bytes([rest[0], rest[1], rest[2], rest[3]]);
                format!("{kind} {length}").into_bytes()
            }
            _ => b"short".to_vec(),
        };
        if socket.send(Message::Binary(answer.into())).await.is_err() {
            return;
        }
    }
}

/// Both directions run in the same future, and the first that ends drops the other.
async fn joined(socket: WebSocket, bus: broadcast::Sender<String>) {
    let (mut sink, mut stream) = socket.split();
    let mut news = bus.subscribe();
    let write = async move {
        loop {
            match news.recv().await {
                Ok(item) => {
                    if sink.send(Message::Text(item.into())).await.is_err() {
                        return;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(missed)) => tracing::warn!(missed, "slow client"),
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    };
    let read = async move { while let Some(Ok(_)) = stream.next().await {} };
    tokio::select! {
        () = write => {}
        () = read => {}
    }
}

/// A handle that ends its task when it is dropped.
async fn guarded(socket: WebSocket, mut price: watch::Receiver<f64>) {
    let (mut sink, mut stream) = socket.split();
    let _push = AbortOnDropHandle::new(tokio::spawn(async move {
        while price.changed().await.is_ok() {
            let text = price.borrow_and_update().to_string();
            if sink.send(Message::Text(text.into())).await.is_err() {
                break;
            }
        }
    }));
    while let Some(Ok(message)) = stream.next().await {
        if let Message::Close(_) = message {
            break;
        }
    }
}

/// A token that both sides watch.
async fn cancelled(socket: WebSocket, bus: broadcast::Sender<String>) {
    let (mut sink, mut stream) = socket.split();
    let (token, mut news) = (CancellationToken::new(), bus.subscribe());
    let stop = token.clone();
    let push = tokio::spawn(async move {
        loop {
            let item = tokio::select! {
                () = stop.cancelled() => break,
                item = news.recv() => item,
            };
            match item {
                Ok(item) => {
                    if sink.send(Message::Text(item.into())).await.is_err() {
                        break;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
        let _ = sink.close().await;
    });
    while let Some(Ok(_)) = stream.next().await {}
    token.cancel();
    let _ = push.await;
}

/// An actor owns the sink; its channel ends with the reader.
async fn actor(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let (orders, mut taken) = mpsc::channel::<Message>(8);
    let writer = tokio::spawn(async move {
        while let Some(order) = taken.recv().await {
            if sink.send(order).await.is_err() {
                break;
            }
        }
    });
    while let Some(Ok(message)) = stream.next().await {
        match message {
            Message::Text(text) => {
                if orders.send(Message::Text(text)).await.is_err() {
                    break;
                }
            }
            Message::Close(_) => break,
            _ => {}
        }
    }
    drop(orders);
    let _ = writer.await;
}

/// Close with a code, and a last message that may fail since the client may have left.
async fn farewell(mut socket: WebSocket) {
    let first = timeout(Duration::from_secs(10), socket.recv()).await;
    if !matches!(first, Ok(Some(Ok(Message::Text(_))))) {
        let frame = CloseFrame { code: close_code::POLICY, reason: Utf8Bytes::from_static("hello first") };
        let _ = socket.send(Message::Close(Some(frame))).await;
        return;
    }
    let mut beat = time::interval(Duration::from_secs(20));
    loop {
        tokio::select! {
            _ = beat.tick() => {
                if socket.send(Message::Ping(Default::default())).await.is_err() {
                    return;
                }
            }
            message = timeout(Duration::from_secs(60), socket.recv()) => {
                match message {
                    Ok(Some(Ok(Message::Text(text)))) => {
                        if socket.send(Message::Text(text)).await.is_err() {
                            return;
                        }
                    }
                    Ok(Some(Ok(_))) => {}
                    _ => return,
                }
            }
        }
    }
}

/// A registry whose entry goes by a guard.
struct Entry {
    id: u64,
    all: Arc<StdMutex<HashMap<u64, mpsc::Sender<String>>>>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.all.lock().unwrap().remove(&self.id);
    }
}

/// Whoever is written to by others gets a bounded queue.
async fn member(
    upgrade: WebSocketUpgrade,
    Path(id): Path<u64>,
    State(all): State<Arc<StdMutex<HashMap<u64, mpsc::Sender<String>>>>>,
    headers: HeaderMap,
) -> Response {
    if !trusted(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    upgrade.on_upgrade(move |mut socket| async move {
        let (queue, mut queued) = mpsc::channel(16);
        all.lock().unwrap().insert(id, queue);
        let _entry = Entry { id, all: all.clone() };
        loop {
            tokio::select! {
                Some(text) = queued.recv() => {
                    if socket.send(Message::Text(text.into())).await.is_err() {
                        return;
                    }
                }
                message = socket.recv() => match message {
                    Some(Ok(Message::Text(text))) => {
                        let others: Vec<_> = all.lock().unwrap().values().cloned().collect();
                        for other in others {
                            let _ = other.try_send(text.to_string());
                        }
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
            }
        }
    })
}

/// All clients are served side by side.
async fn side_by_side(sinks: &mut [Sink], text: &str) -> usize {
    let sends = sinks.iter_mut().map(|sink| sink.send(Message::Text(text.into())));
    future::join_all(sends).await.into_iter().filter(Result::is_ok).count()
}

/// A one-shot answer, then gone.
async fn once(mut socket: WebSocket) {
    let Some(Ok(Message::Text(question))) = socket.recv().await else { return };
    let words: Vec<&str> = question.split(' ').collect();
    let answer = if let [first, ..] = words[..] { first.to_owned() } else { String::new() };
    let _ = socket.send(Message::Text(answer.into())).await;
    let _ = socket.send(Message::Close(None)).await;
}

/// A set of tasks that is dropped with the function.
async fn set(socket: WebSocket, bus: broadcast::Sender<String>) {
    let (mut sink, mut stream) = socket.split();
    let mut news = bus.subscribe();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            let item = match news.recv().await {
                Ok(item) => item,
                Err(broadcast::error::RecvError::Lagged(missed)) => format!("{missed} missed"),
                Err(broadcast::error::RecvError::Closed) => break,
            };
            if sink.send(Message::Text(item.into())).await.is_err() {
                break;
            }
        }
    });
    tasks.spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
    let _ = tasks.join_next().await;
}
