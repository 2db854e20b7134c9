//! Functions that push and ignore their errors, and that something else ends: their callers, or their channels.
//!
//! A layer around the router checks the origin.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use futures_util::{
    SinkExt, StreamExt,
    future::{join, select},
    pin_mut,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    sync::{Mutex, Notify, broadcast, broadcast::error::RecvError, mpsc, watch},
    task::JoinSet,
    time,
};

struct Fleet {
    positions: broadcast::Sender<String>,
}

async fn push_positions(mut sink: SplitSink<WebSocket, Message>, mut positions: broadcast::Receiver<String>) {
    loop {
        match positions.recv().await {
            Ok(position) => {
                let _ = sink.send(Message::Text(position.into())).await;
            }
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => break,
        }
    }
}

async fn read(mut stream: SplitStream<WebSocket>) {
    while let Some(Ok(message)) = stream.next().await {
        tracing::info!(?message);
    }
}

/// `select!` drops the other.
async fn ships(ws: WebSocketUpgrade, State(fleet): State<Arc<Fleet>>) -> Response {
    ws.on_upgrade(move |socket| async move {
        let (sink, stream) = socket.split();
        tokio::select! {
            () = push_positions(sink, fleet.positions.subscribe()) => {}
            () = read(stream) => {}
        }
    })
}

/// Aborted when the reader has ended.
async fn push_time(mut sink: SplitSink<WebSocket, Message>) {
    let mut every = time::interval(Duration::from_secs(1));
    loop {
        every.tick().await;
        if let Err(error) = sink.send(Message::text("tick")).await {
            tracing::warn!("no tick: {error}");
        }
    }
}

async fn clock(socket: WebSocket) {
    let (sink, stream) = socket.split();
    let pushing = tokio::spawn(push_time(sink));
    read(stream).await;
    pushing.abort();
}

/// The same with a loop in place.
async fn clock_in_place(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let pushing = tokio::spawn(async move {
        let mut every = time::interval(Duration::from_millis(100));
        loop {
            every.tick().await;
            match sink.send(Message::text("tick")).await {
                Ok(()) => {}
                Err(error) => tracing::error!("cannot send: {error}"),
            }
        }
    });
    while let Some(Ok(_)) = stream.next().await {}
    pushing.abort();
}

/// The queue is the reader's.
async fn write(mut sink: SplitSink<WebSocket, Message>, mut answers: mpsc::Receiver<Message>) {
    while let Some(answer) = answers.recv().await {
        if sink.send(answer).await.is_err() {
            tracing::debug!("nobody there");
        }
    }
}

async fn answer(mut stream: SplitStream<WebSocket>, answers: mpsc::Sender<Message>) {
    while let Some(Ok(message)) = stream.next().await {
        if answers.send(message).await.is_err() {
            break;
        }
    }
}

async fn echo(socket: WebSocket) {
    let (sink, stream) = socket.split();
    let (tx, rx) = mpsc::channel(16);
    tokio::join!(write(sink, rx), answer(stream, tx));
}

/// As tasks.
async fn echo_in_tasks(socket: WebSocket) {
    let (sink, stream) = socket.split();
    let (tx, rx) = mpsc::channel(16);
    let writing = tokio::spawn(write(sink, rx));
    let reading = tokio::spawn(answer(stream, tx));
    let _ = tokio::join!(writing, reading);
}

/// The first that ends, ends the other.
async fn push_depths(mut sink: SplitSink<WebSocket, Message>, mut depth: watch::Receiver<f64>) {
    while let Ok(()) = depth.changed().await {
        let metres = *depth.borrow_and_update();
        let _ = sink.send(Message::text(metres.to_string())).await;
    }
}

async fn sonar(socket: WebSocket, depth: watch::Receiver<f64>) {
    let (sink, stream) = socket.split();
    let (mut pushing, mut reading) = (tokio::spawn(push_depths(sink, depth)), tokio::spawn(read(stream)));
    tokio::select! {
        _ = &mut pushing => reading.abort(),
        _ = &mut reading => pushing.abort(),
    }
}

async fn sonar_in_a_set(socket: WebSocket, depth: watch::Receiver<f64>) {
    let (sink, stream) = socket.split();
    let mut tasks = JoinSet::new();
    tasks.spawn(push_depths(sink, depth));
    tasks.spawn(read(stream));
    tasks.join_next().await;
    tasks.shutdown().await;
}

async fn sonar_of_futures(socket: WebSocket, depth: watch::Receiver<f64>) {
    let (sink, stream) = socket.split();
    let pushing = push_depths(sink, depth);
    let reading = read(stream);
    pin_mut!(pushing, reading);
    select(pushing, reading).await;
}

/// Told by the reader.
async fn push_alarms(
    mut sink: SplitSink<WebSocket, Message>,
    mut alarms: watch::Receiver<String>,
    gone: Arc<Notify>,
) {
    loop {
        tokio::select! {
            changed = alarms.changed() => {
                if changed.is_err() {
                    return;
                }
                let alarm = alarms.borrow_and_update().clone();
                let _ = sink.send(Message::text(alarm)).await;
            }
            () = gone.notified() => return,
        }
    }
}

async fn alarms(socket: WebSocket, alarms: watch::Receiver<String>) {
    let (sink, stream) = socket.split();
    let gone = Arc::new(Notify::new());
    let told = gone.clone();
    let reading = async move {
        read(stream).await;
        told.notify_one();
    };
    join(push_alarms(sink, alarms, gone), reading).await;
}

/// Gives up at the first error.
async fn push_tides(mut sink: SplitSink<WebSocket, Message>, mut tides: broadcast::Receiver<String>) {
    loop {
        let tide = match tides.recv().await {
            Ok(tide) => tide,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        if sink.send(Message::text(tide)).await.is_err() {
            return;
        }
    }
}

async fn tides(socket: WebSocket, tides: broadcast::Receiver<String>) {
    let (sink, stream) = socket.split();
    let (push, listen) = (tokio::spawn(push_tides(sink, tides)), tokio::spawn(read(stream)));
    let _ = tokio::join!(push, listen);
}

/// A few lines, whether they arrive or not.
async fn greet(sink: &mut SplitSink<WebSocket, Message>) {
    for line in ["hello", "this is the harbour"] {
        let _ = sink.send(Message::text(line)).await;
    }
}

async fn greeted(socket: WebSocket) {
    let (mut sink, stream) = socket.split();
    greet(&mut sink).await;
    read(stream).await;
}

/// The table has the only sender, and the reader takes it back.
#[derive(Clone, Default)]
struct Brokers(Arc<Mutex<Vec<mpsc::Sender<Message>>>>);

async fn broker(socket: WebSocket, brokers: Brokers) {
    let (tx, rx) = mpsc::channel(32);
    let weak = tx.downgrade();
    brokers.0.lock().await.push(tx);
    let (sink, stream) = socket.split();
    let reading = async {
        read(stream).await;
        if let Some(tx) = weak.upgrade() {
            brokers.0.lock().await.retain(|one| !one.same_channel(&tx));
        }
    };
    tokio::join!(write2(sink, rx), reading);
}

async fn write2(mut sink: SplitSink<WebSocket, Message>, mut answers: mpsc::Receiver<Message>) {
    while let Some(answer) = answers.recv().await {
        let _ = sink.send(answer).await;
    }
}

/// The last sender ends with the block of the reader.
async fn worker(socket: WebSocket) {
    let (tx, rx) = mpsc::channel(8);
    let other = tx.clone();
    let (sink, mut stream) = socket.split();
    let reading = async move {
        let tx = tx;
        while let Some(Ok(message)) = stream.next().await {
            let _ = tx.send(message).await;
        }
        drop(other);
    };
    tokio::join!(write3(sink, rx), reading);
}

async fn write3(mut sink: SplitSink<WebSocket, Message>, mut answers: mpsc::Receiver<Message>) {
    while let Some(answer) = answers.recv().await {
        let _ = sink.send(answer).await;
    }
}

/// The function ends, and its sender with it.
async fn ends(socket: WebSocket) {
    let (tx, rx) = mpsc::channel(8);
    let (sink, mut stream) = socket.split();
    tokio::spawn(write4(sink, rx));
    while let Some(Ok(message)) = stream.next().await {
        let tx = tx.clone();
        tokio::spawn(async move { tx.send(message).await });
    }
}

async fn write4(mut sink: SplitSink<WebSocket, Message>, mut answers: mpsc::Receiver<Message>) {
    while let Some(answer) = answers.recv().await {
        let _ = sink.send(answer).await;
    }
}
