//! Split sockets, sinks and streams.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, header::ORIGIN};
use axum::response::{IntoResponse, Response};
use futures_util::{FutureExt as _, SinkExt, StreamExt, TryStreamExt, future, pin_mut, stream};
use tokio::sync::{Mutex, broadcast, mpsc};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

async fn handler(ws: WebSocketUpgrade, headers: HeaderMap) -> Response {
    if headers.get(ORIGIN).is_some_and(|origin| origin != "https://app.example.com") {
        return axum::http::StatusCode::FORBIDDEN.into_response();
    }
    ws.on_upgrade(forward)
}

async fn forward(socket: WebSocket) {
    let (sink, stream) = socket.split();
    let _ = stream.forward(sink).await;
}

async fn forward_filtered(socket: WebSocket) {
    let (sink, stream) = socket.split();
    let texts = stream.try_filter(|message| future::ready(matches!(message, Message::Text(_))));
    texts.forward(sink).map(drop).await;
}

async fn channel_and_join(socket: WebSocket) {
    let (mut sender, mut receiver) = socket.split();
    let (tx, mut rx) = mpsc::channel(8);
    let read = async move {
        while let Some(Ok(message)) = receiver.next().await {
            if tx.send(message).await.is_err() {
                break;
            }
        }
    };
    let write = async move {
        while let Some(message) = rx.recv().await {
            if sender.send(message).await.is_err() {
                break;
            }
        }
        let _ = sender.close().await;
    };
    tokio::join!(read, write);
}

async fn shared(socket: WebSocket) {
    let (sender, mut receiver) = socket.split();
    let sender = Arc::new(Mutex::new(sender));
    let pings = {
        let sender = Arc::clone(&sender);
        tokio::spawn(async move {
            loop {
                sleep(Duration::from_secs(20)).await;
                if sender.lock().await.send(Message::Ping(Default::default())).await.is_err() {
                    break;
                }
            }
        })
    };
    while let Some(Ok(message)) = receiver.next().await {
        if sender.lock().await.send(message).await.is_err() {
            break;
        }
    }
    pings.abort();
}

async fn join_set(socket: WebSocket, events: broadcast::Sender<String>) {
    let (mut sender, mut receiver) = socket.split();
    let mut events = events.subscribe();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            let event = match events.recv().await {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            };
            if sender.send(event.into()).await.is_err() {
                break;
            }
        }
    });
    tasks.spawn(async move { while let Some(Ok(_)) = receiver.next().await {} });
    tasks.join_next().await;
}

async fn pinned(socket: WebSocket) {
    let (mut sender, mut receiver) = socket.split();
    let write = async {
        while sender.send(Message::text("tick")).await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.try_next().await {} };
    pin_mut!(write, read);
    future::select(write, read).await;
}

async fn whole_stream(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.next().await {
        if SinkExt::send(&mut socket, message).await.is_err() {
            break;
        }
    }
    let _ = SinkExt::close(&mut socket).await;
}

async fn send_all(socket: WebSocket) {
    let (mut sender, mut receiver) = socket.split();
    let mut lines = stream::iter(["one", "two"].map(|line| Ok(Message::text(line))));
    if sender.send_all(&mut lines).await.is_err() {
        return;
    }
    while receiver.next().await.is_some_and(|message| message.is_ok()) {}
}

async fn feed_and_flush(socket: WebSocket) -> Result<(), axum::Error> {
    let (mut sender, mut receiver) = socket.split();
    while let Some(message) = receiver.try_next().await? {
        for _ in 0..3 {
            sender.feed(message.clone()).await?;
        }
        sender.flush().await?;
    }
    sender.close().await
}

async fn for_each(socket: WebSocket) {
    let (_sender, receiver) = socket.split();
    receiver
        .try_for_each(|message| async move {
            tracing::info!(?message);
            Ok(())
        })
        .await
        .ok();
}

async fn reunited(socket: WebSocket) {
    let (mut sender, mut receiver) = socket.split();
    while let Some(Ok(Message::Text(text))) = receiver.next().await {
        if sender.send(Message::Text(text)).await.is_err() {
            return;
        }
    }
    if let Ok(mut socket) = sender.reunite(receiver) {
        let _ = socket.send(Message::Close(None)).await;
    }
}

async fn mapped_sink(socket: WebSocket) {
    let (sender, mut receiver) = socket.split();
    let sender = sender.with(|text: String| future::ready(Ok::<_, axum::Error>(Message::text(text))));
    pin_mut!(sender);
    while let Some(Ok(message)) = receiver.next().await {
        if sender.send(format!("{message:?}")).await.is_err() {
            break;
        }
    }
}

async fn cancelled(socket: WebSocket) {
    let (mut sender, mut receiver) = socket.split();
    let token = CancellationToken::new();
    let child = token.child_token();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = child.cancelled() => break,
                () = sleep(Duration::from_secs(1)) => {
                    if sender.send(Message::text("tick")).await.is_err() {
                        break;
                    }
                }
            }
        }
    });
    while let Some(Ok(_)) = receiver.next().await {}
    token.cancel();
}

async fn one_loop(socket: WebSocket, mut outbox: mpsc::Receiver<Message>) {
    let (mut tx, mut rx) = socket.split();
    loop {
        tokio::select! {
            incoming = rx.next() => match incoming {
                Some(Ok(message)) => tracing::info!(?message),
                _ => break,
            },
            outgoing = outbox.recv() => match outgoing {
                Some(message) => {
                    if tx.send(message).await.is_err() {
                        break;
                    }
                }
                None => {
                    let _ = tx.close().await;
                    break;
                }
            },
        }
    }
}

async fn spawned_and_awaited(socket: WebSocket) {
    let (mut tx, mut rx) = socket.split();
    let writer = tokio::spawn(async move {
        for count in 0..10 {
            if tx.send(Message::text(count.to_string())).await.is_err() {
                return;
            }
        }
        let _ = tx.send(Message::Close(None)).await;
    });
    let reader = tokio::spawn(async move { while let Some(Ok(_)) = rx.next().await {} });
    let _ = tokio::join!(writer, reader);
}

async fn aborted_feed(socket: WebSocket, events: broadcast::Sender<String>) {
    let (mut sender, mut receiver) = socket.split();
    let mut events = events.subscribe();
    let push = tokio::spawn(async move {
        loop {
            let event = match events.recv().await {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            };
            if sender.send(Message::text(event)).await.is_err() {
                break;
            }
        }
    });
    while let Some(Ok(_)) = receiver.next().await {}
    push.abort();
}

async fn detached_pings(socket: WebSocket) {
    let (mut sender, mut receiver) = socket.split();
    tokio::spawn(async move {
        loop {
            sleep(Duration::from_secs(20)).await;
            if sender.send(Message::Ping(Default::default())).await.is_err() {
                break;
            }
        }
    });
    while let Some(Ok(_)) = receiver.next().await {}
}
