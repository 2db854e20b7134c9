//! Halves that a method takes out of `self`, and tasks that a method starts. The check of `Origin` is somewhere in this file.

use std::sync::Arc;

use axum::{
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    watch,
};

struct Reloader {
    reload: broadcast::Sender<()>,
}

impl Reloader {
    fn attach(self: &Arc<Self>, socket: WebSocket) {
        let mut rx = self.reload.subscribe();
        let (mut sink, mut stream) = socket.split();
        tokio::spawn(async move { //~ detached_task
            loop {
                match rx.recv().await {
                    Ok(()) | Err(RecvError::Lagged(_)) => {
                        if sink.send(Message::Text("reload".into())).await.is_err() {
                            break;
                        }
                    }
                    Err(RecvError::Closed) => break,
                }
            }
        });
        tokio::spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
    }

    async fn serve(&self, socket: WebSocket) {
        let (sink, mut stream) = socket.split();
        tokio::spawn(push(sink, self.reload.subscribe())); //~ detached_task
        while let Some(Ok(_)) = stream.next().await {}
    }
}

async fn push(mut sink: SplitSink<WebSocket, Message>, mut reload: broadcast::Receiver<()>) {
    loop {
        match reload.recv().await {
            Ok(()) | Err(RecvError::Lagged(_)) => {
                if sink.send(Message::Text("reload".into())).await.is_err() {
                    return;
                }
            }
            Err(RecvError::Closed) => return,
        }
    }
}

async fn reload_ws(ws: WebSocketUpgrade, State(reloader): State<Arc<Reloader>>) -> Response {
    ws.on_upgrade(move |socket| async move { reloader.attach(socket) })
}

async fn serve_ws(ws: WebSocketUpgrade, State(reloader): State<Arc<Reloader>>) -> Response {
    ws.on_upgrade(move |socket| async move { reloader.serve(socket).await })
}

struct Show {
    sink: SplitSink<WebSocket, Message>,
    stream: SplitStream<WebSocket>,
    cue: watch::Receiver<String>,
}

impl Show {
    async fn run(self) {
        let Self { mut sink, mut stream, mut cue } = self;
        let push = async move {
            while cue.changed().await.is_ok() {
                let next = cue.borrow().clone();
                let _ = sink.send(Message::Text(next.into())).await; //~ swallowed_error
            }
        };
        let pull = async move { while let Some(Ok(_)) = stream.next().await {} };
        tokio::join!(push, pull);
    }
}

async fn show_ws(ws: WebSocketUpgrade, State(cue): State<watch::Receiver<String>>) -> Response {
    ws.on_upgrade(|socket| async move {
        let (sink, stream) = socket.split();
        Show { sink, stream, cue }.run().await;
    })
}

struct Peer {
    socket: WebSocket,
    calls: u64,
}

impl Peer {
    /// Answers one message, and ends.
    async fn serve(mut self) { //~ no_receive_loop
        let Some(Ok(Message::Text(call))) = self.socket.recv().await else { return };
        self.calls += 1;
        let answer = format!("{}: {}", self.calls, call.len());
        if let Err(error) = self.socket.send(Message::Text(answer.into())).await {
            tracing::warn!(%error);
        }
    }
}

async fn peer_ws(ws: WebSocketUpgrade) -> Response {
    ws.on_upgrade(|socket| async move { Peer { socket, calls: 0 }.serve().await })
}

struct Quotes {
    price: watch::Receiver<u32>,
}

struct Both {
    sink: SplitSink<WebSocket, Message>,
    stream: SplitStream<WebSocket>,
    quotes: Arc<Quotes>,
}

impl Both {
    async fn run(self) {
        let Self { mut sink, mut stream, quotes } = self;
        let mut price = quotes.price.clone();
        let push = async move {
            while price.changed().await.is_ok() {
                let now = *price.borrow();
                if let Err(error) = sink.send(Message::Text(now.to_string().into())).await { //~ swallowed_error
                    tracing::warn!(%error);
                }
            }
        };
        let drain = async move { while let Some(Ok(_)) = stream.next().await {} };
        tokio::join!(push, drain);
    }
}

async fn both_ws(ws: WebSocketUpgrade, State(quotes): State<Arc<Quotes>>) -> Response {
    ws.on_upgrade(move |socket| async move {
        let (sink, stream) = socket.split();
        Both { sink, stream, quotes }.run().await;
    })
}
