//! Feeds that end at the first lag, in methods, structs and conditions. A layer compares the origin.
use std::sync::Arc;
use axum::extract::{State, ws::{Message, WebSocket}};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use sockeye::{Handshake, Sender, Socket, ws_endpoint};
use tokio::sync::broadcast;

struct App { news: broadcast::Sender<String> }
/// Another one.
async fn l1(mut socket: WebSocket, State(app): State<Arc<App>>) {
    let mut news = app.news.subscribe();
    loop {
        let item = news.recv().await;
        if item.is_err() { //~ lagged_feed
            break;
        }
        if socket.send(Message::text(item.unwrap())).await.is_err() { break } //~ deaf_loop
    }
}
/// Another one.
async fn l2(mut sink: SplitSink<WebSocket, Message>, mut changes: broadcast::Receiver<()>) {
    loop {
        if changes.recv().await.is_err() { break } //~ lagged_feed
        if sink.send(Message::text("changed")).await.is_err() { break }
    }
}
/// Method returning bool.
struct Feed { news: broadcast::Receiver<String>, last: String }
impl Feed {
    async fn advance(&mut self) -> bool {
        match self.news.recv().await {
            Ok(item) => { self.last = item; true }
            Err(_) => false,
        }
    }
}
async fn l3(mut socket: WebSocket, State(app): State<Arc<App>>) {
    let mut feed = Feed { news: app.news.subscribe(), last: String::new() };
    while feed.advance().await { //~ lagged_feed
        if socket.send(Message::text(feed.last.clone())).await.is_err() { break } //~ deaf_loop
    }
}
/// State struct.
struct Conn { socket: WebSocket, news: broadcast::Receiver<String> }
impl Conn {
    async fn run(mut self) {
        while let Ok(item) = self.news.recv().await { //~ lagged_feed
            if self.socket.send(Message::text(item)).await.is_err() { return } //~ deaf_loop
        }
    }
}
/// Struct param.
struct Parts { name: String, events: broadcast::Receiver<String> }
async fn l5(mut sink: SplitSink<WebSocket, Message>, mut parts: Parts) {
    while let Ok(item) = parts.events.recv().await { //~ lagged_feed
        if sink.send(Message::text(item)).await.is_err() { return }
    }
}
/// Sockeye.
/// Doc.
#[ws_endpoint("/l6")]
async fn l6(handshake: Handshake, State(app): State<Arc<App>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut news = app.news.subscribe();
    loop {
        tokio::select! {
            item = news.recv() => {
                if item.is_err() { //~ lagged_feed
                    return Ok(());
                }
                socket.send(item.unwrap()).await?;
            }
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}
/// While is_ok.
/// Doc.
#[ws_endpoint("/l7")]
async fn l7(handshake: Handshake, State(app): State<Arc<App>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut news = app.news.subscribe();
    let out = sender.clone();
    sender.spawn(async move {
        while news.recv().await.is_ok() { //~ lagged_feed
            if out.send("changed").await.is_err() { break }
        }
    });
    while let Some(message) = receiver.recv().await? { tracing::info!(?message); }
    Ok(())
}
/// Helper sending bool.
async fn forward(news: &mut broadcast::Receiver<String>, sink: &mut SplitSink<WebSocket, Message>) -> bool {
    match news.recv().await {
        Ok(item) => sink.send(Message::text(item)).await.is_ok(),
        Err(_) => false,
    }
}
async fn l8(socket: WebSocket, State(app): State<Arc<App>>) {
    let (mut sink, mut stream) = socket.split();
    let mut news = app.news.subscribe();
    loop {
        tokio::select! {
            sent = forward(&mut news, &mut sink) => if !sent { break }, //~ lagged_feed
            message = stream.next() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
}
/// Let Ok else in helper w/ Option.
impl Feed {
    async fn next(&mut self) -> Option<String> { self.news.recv().await.ok() }
}
async fn l9(mut socket: WebSocket, mut feed: Feed) {
    while let Some(item) = feed.next().await { //~ lagged_feed
        if socket.send(Message::text(item)).await.is_err() { break } //~ deaf_loop
    }
}
/// Self select.
impl Conn {
    async fn serve(&mut self) {
        loop {
            tokio::select! {
                event = self.news.recv() => match event {
                    Ok(item) => if self.socket.send(Message::text(item)).await.is_err() { break },
                    Err(_) => break, //~ lagged_feed
                },
                message = self.socket.recv() => if !matches!(message, Some(Ok(_))) { break },
            }
        }
    }
}
