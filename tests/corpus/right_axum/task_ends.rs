//! Tasks of connections in plain axum, that end with them. A layer compares the origin.

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::{Mutex, broadcast, mpsc, watch};
use tokio::task::JoinHandle;

struct App {
    events: broadcast::Sender<String>,
    price: watch::Receiver<f64>,
    tasks: Mutex<HashMap<u64, JoinHandle<()>>>,
}

async fn ticker(socket: WebSocket, State(app): State<Arc<App>>) {
    let (mut sink, mut stream) = socket.split();
    let mut events = app.events.subscribe();
    let forward = tokio::spawn(async move {
        loop {
            match events.recv().await {
                Ok(event) => {
                    if sink.send(Message::text(event)).await.is_err() {
                        break;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
    });
    let mut idle = tokio::time::interval(Duration::from_secs(60));
    loop {
        tokio::select! {
            message = stream.next() => {
                let Some(Ok(message)) = message else { break };
                if let Message::Close(_) = message {
                    forward.abort();
                    return;
                }
            }
            _ = idle.tick() => break,
        }
    }
    forward.abort();
}

/// The receiver of its own channel: the task ends when the sender is dropped.
async fn own_channel(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let (tx, mut rx) = mpsc::channel::<String>(16);
    let writer = tokio::spawn(async move {
        while let Some(text) = rx.recv().await {
            if sink.send(Message::text(text)).await.is_err() {
                break;
            }
        }
    });
    while let Some(Ok(message)) = stream.next().await {
        if let Message::Close(_) = message {
            return;
        }
        if tx.send("x".to_owned()).await.is_err() {
            break;
        }
    }
    writer.abort();
}

fn start_forwarder(
    mut sink: SplitSink<WebSocket, Message>,
    mut events: broadcast::Receiver<String>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            match events.recv().await {
                Ok(event) => {
                    if sink.send(Message::text(event)).await.is_err() {
                        break;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
    })
}

async fn helper_kept(socket: WebSocket, State(app): State<Arc<App>>) {
    let (sink, mut stream) = socket.split();
    let forwarder = start_forwarder(sink, app.events.subscribe());
    while let Some(message) = stream.next().await {
        match message {
            Ok(Message::Text(text)) if text == "quit" => break,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    forwarder.abort();
}

struct AbortOnDrop(JoinHandle<()>);
impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn guarded(socket: WebSocket, State(app): State<Arc<App>>) {
    let (sink, mut stream) = socket.split();
    let _forwarder = AbortOnDrop(start_forwarder(sink, app.events.subscribe()));
    while let Some(Ok(message)) = stream.next().await {
        tracing::debug!(?message);
    }
}

async fn matches(socket: WebSocket, State(app): State<Arc<App>>) {
    let (mut sink, mut stream) = socket.split();
    let mut events = app.events.subscribe();
    let mut send_task = tokio::spawn(async move {
        loop {
            match events.recv().await {
                Ok(event) => {
                    if sink.send(Message::text(event)).await.is_err() {
                        return;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    });
    let mut recv_task = tokio::spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
    tokio::select! {
        _ = &mut send_task => recv_task.abort(),
        _ = &mut recv_task => send_task.abort(),
    }
}

/// As futures, not tasks.
async fn futures(socket: WebSocket, State(app): State<Arc<App>>) {
    let (mut sink, mut stream) = socket.split();
    let mut events = app.events.subscribe();
    let push = async move {
        loop {
            match events.recv().await {
                Ok(event) => {
                    if sink.send(Message::text(event)).await.is_err() {
                        break;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
    };
    let read = async move {
        while let Some(Ok(message)) = stream.next().await {
            tracing::debug!(?message);
        }
    };
    tokio::select! {
        _ = push => {},
        _ = read => {},
        _ = tokio::time::sleep(Duration::from_secs(3600)) => {},
    }
}

async fn stored(socket: WebSocket, State(app): State<Arc<App>>, id: u64) {
    let (mut sink, mut stream) = socket.split();
    let mut events = app.events.subscribe();
    let handle = tokio::spawn(async move {
        loop {
            match events.recv().await {
                Ok(event) => {
                    if sink.send(Message::text(event)).await.is_err() {
                        break;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
    });
    if let Some(old) = app.tasks.lock().await.insert(id, handle) {
        old.abort();
    }
    while let Some(Ok(message)) = stream.next().await {
        tracing::debug!(?message);
    }
    if let Some(handle) = app.tasks.lock().await.remove(&id) {
        handle.abort();
    }
}

struct Session {
    forwarder: JoinHandle<()>,
    name: String,
}
impl Session {
    fn end(self) {
        self.forwarder.abort();
    }
}

async fn in_struct(socket: WebSocket, State(app): State<Arc<App>>) {
    let (mut sink, mut stream) = socket.split();
    let mut events = app.events.subscribe();
    let forwarder = tokio::spawn(async move {
        loop {
            match events.recv().await {
                Ok(event) => {
                    if sink.send(Message::text(event)).await.is_err() {
                        break;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
    });
    let session = Session { forwarder, name: String::new() };
    while let Some(Ok(message)) = stream.next().await {
        tracing::debug!(session.name, ?message);
    }
    session.end();
}

async fn shared(socket: WebSocket, State(app): State<Arc<App>>) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(Mutex::new(sink));
    let out = sink.clone();
    let mut events = app.events.subscribe();
    let task = tokio::spawn(async move {
        loop {
            match events.recv().await {
                Ok(event) => {
                    if out.lock().await.send(Message::text(event)).await.is_err() {
                        break;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
    });
    while let Some(Ok(message)) = stream.next().await {
        let _ = sink.lock().await.send(message).await;
    }
    task.abort();
}

/// On axum a timer alone ends at its next send.
async fn ping(socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(Mutex::new(sink));
    let out = sink.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_secs(5));
        loop {
            ticks.tick().await;
            if out.lock().await.send(Message::Ping(Vec::new().into())).await.is_err() {
                break;
            }
        }
    });
    while let Some(Ok(message)) = stream.next().await {
        let _ = sink.lock().await.send(message).await;
    }
}

async fn token(socket: WebSocket, State(app): State<Arc<App>>) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(Mutex::new(sink));
    let (stop, mut stopped) = watch::channel(false);
    let mut events = app.events.subscribe();
    tokio::spawn({
        let sink = sink.clone();
        async move {
            loop {
                tokio::select! {
                    event = events.recv() => {
                        match event {
                            Ok(event) => if sink.lock().await.send(Message::text(event)).await.is_err() { break },
                            Err(broadcast::error::RecvError::Lagged(_)) => {}
                            Err(broadcast::error::RecvError::Closed) => break,
                        }
                    }
                    _ = stopped.changed() => break,
                }
            }
        }
    });
    while let Some(Ok(message)) = stream.next().await {
        let _ = sink.lock().await.send(message).await;
    }
    let _ = stop.send(true);
}
