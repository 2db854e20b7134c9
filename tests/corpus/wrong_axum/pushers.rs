//! Functions that push, and ignore that they cannot: their callers wait for them although the client has left.
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
    Sink, SinkExt, StreamExt,
    future::join,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    sync::{Mutex, broadcast, broadcast::error::RecvError, mpsc, watch},
    task::JoinSet,
    time,
};

struct Fleet {
    positions: broadcast::Sender<String>,
    status: watch::Receiver<String>,
}

/// Where the ships are.
async fn push_positions(mut sink: SplitSink<WebSocket, Message>, mut positions: broadcast::Receiver<String>) {
    loop {
        match positions.recv().await {
            Ok(position) => {
                let _ = sink.send(Message::Text(position.into())).await; //~ swallowed_error
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

async fn ships(ws: WebSocketUpgrade, State(fleet): State<Arc<Fleet>>) -> Response {
    ws.on_upgrade(move |socket| async move {
        let (sink, stream) = socket.split();
        tokio::join!(push_positions(sink, fleet.positions.subscribe()), read(stream));
    })
}

/// A clock, in a task that another one waits for.
async fn push_time(mut sink: SplitSink<WebSocket, Message>) {
    let mut every = time::interval(Duration::from_secs(1));
    loop {
        every.tick().await;
        if let Err(error) = sink.send(Message::text("tick")).await { //~ swallowed_error
            tracing::warn!("no tick: {error}");
        }
    }
}

async fn clock(socket: WebSocket) {
    let (sink, stream) = socket.split();
    let pushing = tokio::spawn(push_time(sink));
    read(stream).await;
    let _ = pushing.await;
}

/// Any sink.
async fn forward_status<S>(mut sink: S, mut status: watch::Receiver<String>)
where
    S: Sink<Message> + Unpin,
{
    while status.changed().await.is_ok() {
        let text = status.borrow_and_update().clone();
        sink.send(Message::text(text)).await.ok(); //~ swallowed_error
    }
}

async fn harbour(socket: WebSocket, fleet: Arc<Fleet>) {
    let (sink, stream) = socket.split();
    join(forward_status(sink, fleet.status.clone()), read(stream)).await;
}

/// A connection as a struct.
struct Out {
    sink: SplitSink<WebSocket, Message>,
    alarms: broadcast::Receiver<String>,
}

impl Out {
    async fn pump(&mut self) {
        loop {
            let alarm = match self.alarms.recv().await {
                Ok(alarm) => alarm,
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            };
            match self.sink.send(Message::Text(alarm.into())).await { //~ swallowed_error
                Ok(_) => (),
                Err(e) => eprintln!("alarm: {e}"),
            }
        }
    }
}

async fn alarms(socket: WebSocket, alarms: broadcast::Receiver<String>) {
    let (sink, stream) = socket.split();
    let mut out = Out { sink, alarms };
    tokio::join!(out.pump(), read(stream));
}

/// All tasks of the set.
async fn push_depths(mut sink: SplitSink<WebSocket, Message>, mut depth: watch::Receiver<f64>) {
    while let Ok(()) = depth.changed().await {
        let metres = *depth.borrow_and_update();
        if sink.feed(Message::text(metres.to_string())).await.is_err() { //~ swallowed_error
            continue;
        }
        let _ = sink.flush().await;
    }
}

async fn sonar(socket: WebSocket, depth: watch::Receiver<f64>) {
    let (sink, stream) = socket.split();
    let mut tasks = JoinSet::new();
    tasks.spawn(push_depths(sink, depth));
    tasks.spawn(read(stream));
    tasks.join_all().await;
}

/// Both tasks are waited for.
async fn push_tides(mut sink: SplitSink<WebSocket, Message>, mut tides: broadcast::Receiver<Vec<String>>) {
    loop {
        let Ok(tides) = tides.recv().await.inspect_err(|error| tracing::info!(%error)) else { break };
        for tide in tides {
            let _ = sink.send(Message::text(tide)).await; //~ swallowed_error
        }
    }
}

async fn tides(socket: WebSocket, tides: broadcast::Receiver<Vec<String>>) {
    let (sink, stream) = socket.split();
    let (push, listen) = (tokio::spawn(push_tides(sink, tides)), tokio::spawn(read(stream)));
    let _ = tokio::join!(push, listen);
}

/// The function itself keeps the queue open.
async fn push_offers(mut sink: SplitSink<WebSocket, Message>, mut offers: mpsc::Receiver<String>) {
    while let Some(offer) = offers.recv().await {
        let _ = sink.send(Message::text(offer)).await; //~ swallowed_error
    }
}

#[derive(Clone, Default)]
struct Brokers(Arc<Mutex<Vec<mpsc::Sender<String>>>>);

async fn broker(ws: WebSocketUpgrade, State(brokers): State<Brokers>) -> Response {
    ws.on_upgrade(move |socket| async move {
        let (tx, rx) = mpsc::channel(32);
        brokers.0.lock().await.push(tx.clone());
        let (sink, stream) = socket.split();
        tokio::join!(push_offers(sink, rx), read(stream));
        brokers.0.lock().await.retain(|one| !one.same_channel(&tx));
    })
}
