//! Known mistakes of plain axum, written in other ways.
//!
//! A layer around the router checks the origin.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{
        FromRef, Path, State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    response::{IntoResponse, Response},
};
use futures::{
    SinkExt, StreamExt, TryStreamExt,
    channel::mpsc as fmpsc,
    future::{self, Either},
    stream::{FuturesUnordered, SplitSink, SplitStream},
};
use tokio::{
    sync::{Mutex, broadcast, mpsc, watch},
    time::{self, interval, sleep},
};
use tracing::{error, info, warn};

type Sink = SplitSink<WebSocket, Message>;

#[derive(Clone)]
struct Ctx {
    events: broadcast::Sender<String>,
    level: watch::Receiver<i64>,
}

/// Two loops in one task, and only the second checks.
async fn both(socket: WebSocket, ctx: Ctx) {
    let (mut sink, mut stream) = socket.split();
    let mut events = ctx.events.subscribe();
    let pushing = async {
        loop {
            match events.recv().await {
                Ok(event) => {
                    if sink.send(Message::Text(event.into())).await.is_err() { //~ swallowed_error
                        warn!("could not send");
                    }
                }
                Err(broadcast::error::RecvError::Lagged(n)) => info!(n, "lagged"),
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    };
    let reading = async {
        loop {
            match stream.next().await {
                Some(Ok(Message::Close(frame))) => {
                    info!(?frame);
                    return;
                }
                Some(Ok(_)) => continue,
                Some(Err(e)) => {
                    error!("{e}");
                    return;
                }
                None => return,
            }
        }
    };
    future::join(pushing, reading).await;
}

/// Both ends are tasks, and the function waits for the wrong one.
async fn wrong_one(socket: WebSocket, ctx: Ctx) {
    let (mut sink, mut stream) = socket.split();
    let mut level = ctx.level.clone();
    let writer = tokio::spawn(async move {
        while level.changed().await.is_ok() {
            let now = *level.borrow_and_update();
            if let Err(e) = sink.send(Message::text(now.to_string())).await { //~ swallowed_error
                error!(%e);
                continue;
            }
        }
    });
    let reader = tokio::spawn(async move { while let Some(Ok(m)) = stream.next().await { info!(?m) } });
    let _ = reader.await;
    let _ = writer.await;
}

/// The state machine of a client that only sends.
enum State_ {
    Hello,
    Tick(u64),
}

async fn machine(mut socket: WebSocket) {
    let mut state = State_::Hello;
    loop {
        let text = match &state {
            State_::Hello => "hello".to_owned(),
            State_::Tick(n) => n.to_string(),
        };
        if let Err(e) = socket.send(Message::text(text)).await { //~ deaf_loop
            warn!("{e}");
            break;
        }
        state = match state {
            State_::Hello => State_::Tick(0),
            State_::Tick(n) => State_::Tick(n + 1),
        };
        time::sleep(Duration::from_millis(500)).await;
    }
}

/// A generic sender.
async fn say<S>(sink: &mut S, text: &str) -> bool
where
    S: futures::Sink<Message> + Unpin,
{
    sink.send(Message::text(text)).await.is_ok()
}

async fn said(socket: WebSocket) { //~ no_receive_loop
    let (mut sink, _) = socket.split();
    if !say(&mut sink, "hello").await {
        return;
    }
    for n in 0..3 {
        say(&mut sink, &n.to_string()).await;
    }
}

async fn ticks(socket: WebSocket) {
    let (mut sink, _stream) = socket.split();
    let mut every = interval(Duration::from_secs(1));
    loop {
        every.tick().await;
        if !say(&mut sink, "tick").await { //~ deaf_loop
            return;
        }
    }
}

/// An upgrade whose closure calls a function of many arguments.
async fn many(ws: WebSocketUpgrade, Path((room, name)): Path<(String, String)>, State(ctx): State<Ctx>) -> Response {
    ws.max_message_size(1 << 16).on_upgrade(move |socket| serve(socket, room, name, ctx))
}

async fn serve(socket: WebSocket, room: String, name: String, ctx: Ctx) {
    let (sink, mut stream) = socket.split();
    let mut task = tokio::spawn(serve_events(sink, room, name, ctx.events.subscribe()));
    while let Some(Ok(_)) = stream.next().await {}
    let _ = (&mut task).await;
}

async fn serve_events(mut sink: Sink, room: String, name: String, mut events: broadcast::Receiver<String>) {
    loop {
        let event = match events.recv().await {
            Ok(event) if event.starts_with(&room) => event,
            Ok(_) => continue,
            Err(broadcast::error::RecvError::Lagged(_)) => continue,
            Err(broadcast::error::RecvError::Closed) => break,
        };
        let text = format!("{name}: {event}");
        sink.send(Message::Text(text.into())).await.unwrap_or_else(|e| error!("{e}")); //~ swallowed_error
    }
}

/// Spins on the stream's `try_next`.
async fn tries(mut stream: SplitStream<WebSocket>) {
    loop {
        match stream.try_next().await { //~ spinning_loop
            Ok(None) => info!("nothing"),
            Ok(Some(message)) => info!(?message),
            Err(_) => break,
        }
    }
}

/// Feeds of a stream that ends at a lag.
async fn streamed(socket: WebSocket, ctx: Ctx) {
    use tokio_stream::{StreamExt as _, wrappers::BroadcastStream};
    let (mut sink, mut stream) = socket.split();
    let mut events = BroadcastStream::new(ctx.events.subscribe());
    let pushing = async {
        while let Some(Ok(event)) = events.next().await { //~ lagged_feed
            if sink.send(Message::text(event)).await.is_err() {
                break;
            }
        }
    };
    let reading = async { while let Some(Ok(_)) = futures::StreamExt::next(&mut stream).await {} };
    tokio::select! {
        _ = pushing => {}
        _ = reading => {}
    }
}

/// A queue of the future's crate.
async fn queued(socket: WebSocket, mut level: watch::Receiver<i64>) {
    let (sink, stream) = socket.split();
    let (mut tx, rx) = fmpsc::channel::<Message>(8);
    let copying = rx.map(Ok).forward(sink);
    let pushing = async move {
        while level.changed().await.is_ok() {
            let now = *level.borrow_and_update();
            let _ = tx.send(Message::text(now.to_string())).await;
        }
    };
    let reading = stream.for_each(|_| future::ready(()));
    let _ = future::join3(copying, pushing, reading).await;
}
