//! Tasks of connections in plain axum, that outlive them. A layer compares the origin.

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::{Mutex, broadcast, watch};
use tokio::task::JoinHandle;

struct App {
    events: broadcast::Sender<String>,
    price: watch::Receiver<f64>,
    tasks: Mutex<HashMap<u64, JoinHandle<()>>>,
}

/// Return in a select arm before abort.
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
    let mut seen = true;
    loop {
        tokio::select! {
            message = stream.next() => {
                let Some(Ok(message)) = message else { break };
                if let Message::Close(_) = message {
                    return; //~ orphaned_task
                }
                seen = true;
            }
            _ = idle.tick() => {
                if !seen { break; }
                seen = false;
            }
        }
    }
    forward.abort();
}

/// ? in the loop before abort.
async fn stocks(socket: WebSocket, State(app): State<Arc<App>>) -> Result<(), axum::Error> {
    let (mut sink, mut stream) = socket.split();
    let mut price = app.price.clone();
    let pusher = tokio::spawn(async move {
        loop {
            if price.changed().await.is_err() {
                break;
            }
            let now = *price.borrow();
            if sink.send(Message::text(now.to_string())).await.is_err() {
                break;
            }
        }
    });
    while let Some(message) = stream.next().await {
        let message = message?; //~ orphaned_task
        tracing::debug!(?message);
    }
    pusher.abort();
    Ok(())
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

/// Handle dropped.
async fn helper_dropped(socket: WebSocket, State(app): State<Arc<App>>) {
    let (sink, mut stream) = socket.split();
    start_forwarder(sink, app.events.subscribe()); //~ detached_task
    while let Some(Ok(message)) = stream.next().await {
        tracing::debug!(?message);
    }
}

/// Kept in a _name.
async fn helper_named(socket: WebSocket, State(app): State<Arc<App>>) {
    let (sink, mut stream) = socket.split();
    let _forwarder = start_forwarder(sink, app.events.subscribe()); //~ detached_task
    while let Some(Ok(message)) = stream.next().await {
        tracing::debug!(?message);
    }
}

/// Return before abort, helper.
async fn helper_returns(socket: WebSocket, State(app): State<Arc<App>>) {
    let (sink, mut stream) = socket.split();
    let forwarder = start_forwarder(sink, app.events.subscribe());
    while let Some(message) = stream.next().await {
        match message {
            Ok(Message::Text(text)) if text == "quit" => return, //~ orphaned_task
            Ok(_) => {}
            Err(_) => break,
        }
    }
    forwarder.abort();
}

/// Forwarder with a match.
async fn matches(socket: WebSocket, State(app): State<Arc<App>>) {
    let (mut sink, mut stream) = socket.split();
    let mut events = app.events.subscribe();
    let send_task = tokio::spawn(async move { //~ orphaned_task
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
    let recv_task = tokio::spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
    tokio::select! {
        _ = send_task => {}
        _ = recv_task => {}
    }
}

/// Third branch: the handles by value.
async fn third(socket: WebSocket, State(app): State<Arc<App>>) {
    let (mut sink, mut stream) = socket.split();
    let mut events = app.events.subscribe();
    let push = tokio::spawn(async move { //~ orphaned_task
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
    let session = tokio::time::sleep(Duration::from_secs(3600));
    let read = async move {
        while let Some(Ok(message)) = stream.next().await {
            tracing::debug!(?message);
        }
    };
    tokio::select! {
        _ = push => tracing::debug!("pushed"),
        _ = read => tracing::debug!("left"),
        _ = session => tracing::debug!("too long"),
    }
}

/// Never aborted.
async fn stored(socket: WebSocket, State(app): State<Arc<App>>, id: u64) {
    let (mut sink, mut stream) = socket.split();
    let mut events = app.events.subscribe();
    let handle = tokio::spawn(async move { //~ orphaned_task
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
    app.tasks.lock().await.insert(id, handle);
    while let Some(Ok(message)) = stream.next().await {
        tracing::debug!(?message);
    }
    app.tasks.lock().await.remove(&id);
}

struct Session {
    forwarder: JoinHandle<()>,
    name: String,
}

async fn in_struct(socket: WebSocket, State(app): State<Arc<App>>) {
    let (mut sink, mut stream) = socket.split();
    let mut events = app.events.subscribe();
    let forwarder = tokio::spawn(async move { //~ orphaned_task
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
}

/// Shared sender.
async fn shared(socket: WebSocket, State(app): State<Arc<App>>) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(Mutex::new(sink));
    let out = sink.clone();
    let mut events = app.events.subscribe();
    tokio::spawn(async move { //~ detached_task
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
}

async fn shared_too(socket: WebSocket, State(app): State<Arc<App>>) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(Mutex::new(sink));
    let mut events = app.events.subscribe();
    tokio::spawn({ //~ detached_task
        let sink = Arc::clone(&sink);
        async move {
            loop {
                match events.recv().await {
                    Ok(event) => {
                        let mut sink = sink.lock().await;
                        if sink.send(Message::text(event)).await.is_err() {
                            break;
                        }
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(_) => break,
                }
            }
        }
    });
    while let Some(Ok(message)) = stream.next().await {
        if sink.lock().await.send(message).await.is_err() {
            break;
        }
    }
}

async fn push_prices(sink: Arc<Mutex<SplitSink<WebSocket, Message>>>, mut price: watch::Receiver<f64>) {
    while price.changed().await.is_ok() {
        let now = price.borrow().to_string();
        if sink.lock().await.send(Message::text(now)).await.is_err() {
            return;
        }
    }
}

async fn shared_helper(socket: WebSocket, State(app): State<Arc<App>>) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(Mutex::new(sink));
    tokio::spawn(push_prices(sink.clone(), app.price.clone())); //~ detached_task
    while let Some(Ok(message)) = stream.next().await {
        let _ = sink.lock().await.send(message).await;
    }
}
