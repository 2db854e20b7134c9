//! Counts that a guard takes back, with a limit in front, and feeds whose sender is a static, in plain axum.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::extract::ws::{Message, WebSocket};
use tokio::{sync::broadcast, time::timeout};

const IDLE: Duration = Duration::from_secs(45);

struct Count(Arc<AtomicUsize>);

impl Drop for Count {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

struct Seat {
    count: Arc<AtomicUsize>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::AcqRel);
    }
}

async fn echo(mut socket: WebSocket) {
    while let Ok(Some(Ok(message))) = timeout(IDLE, socket.recv()).await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// A tuple that counts down.
async fn limited(socket: WebSocket, count: Arc<AtomicUsize>) {
    if count.fetch_add(1, Ordering::AcqRel) >= 100 {
        count.fetch_sub(1, Ordering::AcqRel);
        return;
    }
    let _count = Count(count);
    echo(socket).await;
}

/// A struct that counts down.
async fn seated(socket: WebSocket, count: Arc<AtomicUsize>) {
    if count.fetch_add(1, Ordering::AcqRel) >= 100 {
        count.fetch_sub(1, Ordering::AcqRel);
        return;
    }
    let _seat = Seat { count };
    echo(socket).await;
}

static NEWS: LazyLock<broadcast::Sender<String>> = LazyLock::new(|| broadcast::channel(8).0);

/// `Closed` never comes.
async fn news(mut socket: WebSocket) {
    let mut news = NEWS.subscribe();
    loop {
        tokio::select! {
            event = news.recv() => match event {
                Ok(text) => {
                    if socket.send(Message::text(text)).await.is_err() {
                        return;
                    }
                }
                Err(error) => tracing::debug!("lag: {error}"),
            },
            said = timeout(IDLE, socket.recv()) => {
                if !matches!(said, Ok(Some(Ok(_)))) {
                    return;
                }
            }
        }
    }
}
