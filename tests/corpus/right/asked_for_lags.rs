//! Feeds that go on after a lag, however it is asked. A layer compares the origin.
use axum::extract::{
    State,
    ws::{Message, WebSocket},
};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use sockeye::{Handshake, ws_endpoint};
use std::sync::Arc;
use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc, watch,
};

struct App {
    news: broadcast::Sender<String>,
    price: watch::Sender<f64>,
}
struct Feed {
    news: broadcast::Receiver<String>,
    last: String,
}
impl Feed {
    async fn advance(&mut self) -> bool {
        loop {
            match self.news.recv().await {
                Ok(item) => {
                    self.last = item;
                    return true;
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return false,
            }
        }
    }
    async fn is_open(&mut self) -> bool {
        !matches!(self.news.recv().await, Err(RecvError::Closed))
    }
}
async fn advances(mut socket: WebSocket, State(app): State<Arc<App>>) {
    let mut feed = Feed { news: app.news.subscribe(), last: String::new() };
    loop {
        tokio::select! {
            there = feed.advance() => {
                if !there || socket.send(Message::text(feed.last.clone())).await.is_err() { break }
            }
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
}
async fn opens(mut socket: WebSocket, State(app): State<Arc<App>>) {
    let mut feed = Feed { news: app.news.subscribe(), last: String::new() };
    loop {
        tokio::select! {
            open = feed.is_open() => {
                if !open { break }
                if socket.send(Message::text("changed")).await.is_err() { break }
            }
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
}
/// A queue of its own has no lag.
async fn queue(mut socket: WebSocket, mut queue: mpsc::Receiver<String>, State(app): State<Arc<App>>) {
    let mut price = app.price.subscribe();
    loop {
        tokio::select! {
            changed = price.changed() => {
                if changed.is_err() { break }
                let now = price.borrow_and_update().to_string();
                if socket.send(Message::text(now)).await.is_err() { break }
            }
            item = queue.recv() => {
                if item.is_none() { break }
                if socket.send(Message::text(item.unwrap())).await.is_err() { break }
            }
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
}
/// It is told.
#[ws_endpoint("/lags/told")]
async fn told(handshake: Handshake, State(app): State<Arc<App>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut news = app.news.subscribe();
    loop {
        tokio::select! {
            item = news.recv() => {
                if item.is_err() {
                    tracing::warn!("the client lagged");
                    return Ok(());
                }
                socket.send(item.unwrap_or_default()).await?;
            }
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}
/// Which error it is, is asked first.
#[ws_endpoint("/lags/which")]
async fn which(handshake: Handshake, State(app): State<Arc<App>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut news = app.news.subscribe();
    loop {
        tokio::select! {
            item = news.recv() => {
                if matches!(item, Err(RecvError::Lagged(_))) { continue }
                if item.is_err() { return Ok(()) }
                socket.send(item.unwrap()).await?;
            }
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}
