//! Mistakes in unusual clothes.
//!
//! A layer around the router checks the origin.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use axum::{
    extract::ws::{Message, WebSocket, WebSocketUpgrade},
    response::Response,
};
use futures_util::{
    Sink, SinkExt, Stream, StreamExt, TryStreamExt,
    stream::{self, SplitSink, SplitStream},
};
use tokio::{
    sync::{Mutex, broadcast, broadcast::error::RecvError, mpsc, watch},
    time::{interval, sleep, timeout},
};

type Out = SplitSink<WebSocket, Message>;

/// The tail of a log, and then nothing.
async fn tail(mut socket: WebSocket, lines: Vec<String>) { //~ no_receive_loop
    for line in lines.into_iter().rev().take(10) {
        if socket.send(Message::text(line)).await.is_err() {
            return;
        }
    }
}

/// The same by a stream.
async fn tail_of_stream(socket: WebSocket, lines: Vec<String>) { //~ no_receive_loop
    let (mut sink, _stream) = socket.split();
    let mut lines = stream::iter(lines).map(|line| Ok(Message::text(line)));
    let _ = sink.send_all(&mut lines).await;
}

/// A snapshot in parts, to a half that is shared.
async fn snapshot(socket: WebSocket, parts: Vec<String>) { //~ no_receive_loop
    let (sink, _) = socket.split();
    let sink = Arc::new(Mutex::new(sink));
    for part in parts {
        let mut sink = sink.lock().await;
        let _ = sink.send(Message::text(part)).await;
    }
}

/// The shared half is all that is used.
async fn shared(socket: WebSocket, mut news: broadcast::Receiver<String>) {
    let (sink, _stream) = socket.split();
    let sink = Arc::new(Mutex::new(sink));
    loop {
        let text = match news.recv().await {
            Ok(text) => text,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        if sink.lock().await.send(Message::text(text)).await.is_err() { //~ deaf_loop
            return;
        }
    }
}

/// A task pushes, and the function is over.
async fn leaves(socket: WebSocket) {
    let (mut sink, _stream) = socket.split();
    tokio::spawn(async move {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            if sink.send(Message::text("tick")).await.is_err() { //~ deaf_loop
                break;
            }
        }
    });
}

/// The same with `while let` and a helper.
async fn put(sink: &mut Out, text: String) -> Result<(), axum::Error> {
    sink.send(Message::text(text)).await
}

async fn level(socket: WebSocket, mut level: watch::Receiver<u32>) {
    let (mut sink, _) = socket.split();
    while level.changed().await.is_ok() {
        let text = level.borrow_and_update().to_string();
        let Ok(()) = put(&mut sink, text).await else { break }; //~ deaf_loop
    }
}

/// `ControlFlow` from a helper, which nobody breaks on.
async fn beat(sink: &mut Out) -> ControlFlow<()> {
    match sink.send(Message::text("beat")).await {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    }
}

/// A closure that sends.
async fn closes_over(mut socket: WebSocket) {
    let mut count = 0u32;
    'count: loop {
        sleep(Duration::from_secs(1)).await;
        count += 1;
        match socket.send(Message::text(count.to_string())).await { //~ deaf_loop
            Ok(()) => continue 'count,
            Err(_) => break 'count,
        }
    }
}

/// Combinators in place of a loop.
async fn combined(socket: WebSocket, news: mpsc::Receiver<String>) {
    let (mut sink, mut stream) = socket.split();
    let pushing = async move {
        let mut news = news;
        while let Some(text) = news.recv().await {
            sink.send(Message::text(text)).await.map_err(|error| tracing::warn!(%error)).ok(); //~ swallowed_error
        }
    };
    let reading = async move { while let Ok(Some(_)) = stream.try_next().await {} };
    tokio::join!(pushing, reading);
}

/// `unwrap_or(())`.
async fn shrugs(socket: WebSocket, mut news: watch::Receiver<String>) {
    let (mut sink, mut stream) = socket.split();
    let pushing = async {
        while news.changed().await.is_ok() {
            let text = news.borrow_and_update().clone();
            sink.send(Message::text(text)).await.unwrap_or(()); //~ swallowed_error
        }
    };
    let reading = async { while let Some(Ok(_)) = stream.next().await {} };
    tokio::join!(pushing, reading);
}

/// `unwrap_or_else` that logs.
async fn logs(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let pushing = async move {
        let mut ticks = interval(Duration::from_secs(5));
        loop {
            ticks.tick().await;
            sink.send(Message::Ping(Default::default())) //~ swallowed_error
                .await
                .unwrap_or_else(|error| tracing::warn!(%error, "no ping"));
        }
    };
    let reading = async move { while let Some(Ok(_)) = stream.next().await {} };
    tokio::join!(pushing, reading);
}

/// Only counts.
async fn counts(socket: WebSocket, mut news: watch::Receiver<String>) {
    let (mut sink, mut stream) = socket.split();
    let pushing = async {
        while let Ok(()) = news.changed().await {
            let text = news.borrow_and_update().clone();
            let sent = sink.send(Message::text(text)).await; //~ swallowed_error
            if sent.is_err() {
                tracing::debug!("not sent");
            }
        }
    };
    let reading = async { while let Some(Ok(_)) = stream.next().await {} };
    futures_util::join!(pushing, reading);
}

/// `send_all` in a loop.
async fn batches(socket: WebSocket, mut batches: broadcast::Receiver<Vec<String>>) {
    let (mut sink, mut stream) = socket.split();
    let pushing = async {
        loop {
            let batch = match batches.recv().await {
                Ok(batch) => batch,
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => break,
            };
            let mut batch = stream::iter(batch.into_iter().map(|text| Ok(Message::text(text))));
            let _ = sink.send_all(&mut batch).await; //~ swallowed_error
        }
    };
    let reading = async { while let Some(Ok(_)) = stream.next().await {} };
    tokio::join!(pushing, reading);
}

/// The future is never polled.
async fn forgets(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        SinkExt::send(&mut socket, message); //~ missing_await
    }
}

async fn forgets_on_half(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    while let Some(Ok(message)) = StreamExt::next(&mut stream).await {
        let _ = SinkExt::<Message>::send(&mut sink, message); //~ missing_await
    }
}

async fn forgets_method(mut socket: WebSocket) {
    while let Some(Ok(message)) = WebSocket::recv(&mut socket).await {
        WebSocket::send(&mut socket, message); //~ missing_await
    }
}

/// Spins at the end, by way of a path.
async fn spins(mut socket: WebSocket) {
    loop {
        if let Some(Ok(message)) = StreamExt::next(&mut socket).await { //~ spinning_loop
            tracing::info!(?message);
        }
    }
}

/// Spins through a nested `match`.
async fn spins_in_match(mut socket: WebSocket) {
    'talk: loop {
        match socket.recv().await { //~ spinning_loop
            Some(result) => match result {
                Ok(Message::Text(text)) => tracing::info!(%text),
                Ok(_) => continue 'talk,
                Err(error) => {
                    tracing::warn!(%error);
                    break 'talk;
                }
            },
            None => continue 'talk,
        }
    }
}

/// Blocks in a closure that is called.
async fn blocks(mut socket: WebSocket) {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default(); //~ blocking_call
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(_) = message else { continue };
        let text = read("motd.txt");
        if socket.send(Message::text(text)).await.is_err() {
            break;
        }
    }
}

/// Blocks by a method chain.
async fn naps(mut socket: WebSocket) {
    while let Some(Ok(_)) = socket.recv().await {
        (0..3).for_each(|_| std::thread::sleep(Duration::from_millis(10))); //~ blocking_call
    }
}

/// A sink of any kind, which is all that there is.
async fn any_sink<S>(mut sink: S, mut news: watch::Receiver<String>)
where
    S: Sink<Message, Error = axum::Error> + Unpin,
{
    while news.changed().await.is_ok() {
        let text = news.borrow_and_update().clone();
        let _ = sink.send(Message::text(text)).await; //~ swallowed_error
    }
}

/// One answer.
async fn one_answer(mut socket: WebSocket) { //~ no_receive_loop
    let Some(Ok(Message::Text(text))) = socket.recv().await else { return };
    let reply = Message::text(text.to_uppercase());
    let _ = socket.send(reply).await;
}

/// Half a minute of listening.
async fn one_timeout(mut socket: WebSocket) { //~ no_receive_loop
    if let Ok(Some(Ok(message))) = timeout(Duration::from_secs(30), socket.recv()).await {
        let _ = socket.send(message).await;
    }
}

async fn upgrade(ws: WebSocketUpgrade) -> Response {
    ws.on_upgrade(|mut socket| async move { //~ no_receive_loop
        for part in ["a", "b"] {
            let _ = socket.send(Message::text(part)).await;
        }
    })
}

/// Reads a file if there is nothing in the cache.
async fn reads(mut socket: WebSocket, cache: Arc<Mutex<std::collections::HashMap<String, String>>>) {
    while let Some(Ok(Message::Text(name))) = socket.recv().await { //~ kind_ends_loop
        let found = cache.lock().await.get(name.as_str()).cloned();
        let text = found.unwrap_or_else(|| std::fs::read_to_string("default.txt").unwrap_or_default()); //~ blocking_call
        if socket.send(Message::text(text)).await.is_err() {
            break;
        }
    }
}
