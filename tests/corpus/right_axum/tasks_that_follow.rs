//! A receive loop that starts a task for what the client asks for, and ends the one before.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use tokio::{sync::Mutex, task::JoinHandle, time::sleep};

type Sink = Arc<Mutex<SplitSink<WebSocket, Message>>>;

/// Ends its task when it is dropped.
struct Ends(JoinHandle<()>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What the client watches at the moment.
struct Watch {
    current: Option<JoinHandle<()>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(task) = self.current.take() {
            task.abort();
        }
    }
}

async fn guarded(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let sink: Sink = Arc::new(Mutex::new(sink));
    let mut current: Option<Ends> = None;
    while let Some(Ok(message)) = stream.next().await {
        match message {
            Message::Text(text) if text == "stop" => current = None,
            Message::Text(text) => {
                let sink = Arc::clone(&sink);
                current = Some(Ends(tokio::spawn(async move {
                    loop {
                        sleep(Duration::from_secs(1)).await;
                        if sink.lock().await.send(Message::Text(text.clone())).await.is_err() {
                            break;
                        }
                    }
                })));
            }
            _ => {}
        }
    }
    drop(current);
}

async fn aborted(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let sink: Sink = Arc::new(Mutex::new(sink));
    let mut watch = Watch { current: None };
    loop {
        tokio::select! {
            message = stream.next() => {
                let Some(Ok(message)) = message else { break };
                let sink = sink.clone();
                if let Some(before) = watch.current.take() {
                    before.abort();
                }
                watch.current = Some(tokio::spawn(async move {
                    loop {
                        sleep(Duration::from_secs(1)).await;
                        if sink.lock().await.send(message.clone()).await.is_err() {
                            return;
                        }
                    }
                }));
            }
            _ = tokio::signal::ctrl_c() => break,
        }
    }
}

async fn many(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let sink: Sink = Arc::new(Mutex::new(sink));
    let mut tasks = HashMap::new();
    while let Some(Ok(message)) = stream.next().await {
        let Message::Text(topic) = message else { continue };
        let sink = Arc::clone(&sink);
        let name = topic.clone();
        let task = tokio::spawn(async move {
            loop {
                sleep(Duration::from_secs(1)).await;
                if sink.lock().await.send(Message::Text(name.clone())).await.is_err() {
                    break;
                }
            }
        });
        if let Some(before) = tasks.insert(topic.to_string(), Ends(task)) {
            drop(before);
        }
    }
}

/// What is closed ends the sends of the last task.
async fn closed(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let sink: Sink = Arc::new(Mutex::new(sink));
    let mut current: Option<JoinHandle<()>> = None;
    while let Some(Ok(message)) = stream.next().await {
        if let Some(before) = current.take() {
            before.abort();
        }
        let sink = Arc::clone(&sink);
        current = Some(tokio::spawn(async move {
            loop {
                sleep(Duration::from_secs(1)).await;
                if sink.lock().await.send(message.clone()).await.is_err() {
                    break;
                }
            }
        }));
    }
    sink.lock().await.close().await.ok();
}

async fn inspected(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let sink: Sink = Arc::new(Mutex::new(sink));
    let mut current: Option<JoinHandle<()>> = None;
    while let Some(Ok(message)) = stream.next().await {
        if let Some(before) = current.take() {
            before.abort();
        }
        let sink = Arc::clone(&sink);
        current = Some(tokio::spawn(async move {
            loop {
                sleep(Duration::from_secs(1)).await;
                if sink.lock().await.send(message.clone()).await.is_err() {
                    break;
                }
            }
        }));
    }
    let _last = current.inspect(JoinHandle::abort);
}
