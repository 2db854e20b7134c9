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
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    task::JoinSet,
};

struct Reloader {
    reload: broadcast::Sender<()>,
}

impl Reloader {
    /// The task ends with the other one.
    async fn attach(self: &Arc<Self>, socket: WebSocket) {
        let mut rx = self.reload.subscribe();
        let (mut sink, mut stream) = socket.split();
        let mut push = tokio::spawn(async move {
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
        let mut pull = tokio::spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
        tokio::select! {
            _ = &mut push => pull.abort(),
            _ = &mut pull => push.abort(),
        }
    }

    /// The set ends its tasks.
    async fn serve(&self, socket: WebSocket) {
        let (sink, mut stream) = socket.split();
        let mut tasks = JoinSet::new();
        tasks.spawn(push(sink, self.reload.subscribe()));
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
    ws.on_upgrade(move |socket| async move { reloader.attach(socket).await })
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
                if sink.send(Message::Text(next.into())).await.is_err() {
                    return;
                }
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
    async fn serve(mut self) {
        while let Some(Ok(message)) = self.socket.recv().await {
            let Message::Text(call) = message else { continue };
            self.calls += 1;
            if self.answer(call.as_str()).await.is_err() {
                return;
            }
        }
    }

    async fn answer(&mut self, call: &str) -> Result<(), axum::Error> {
        self.socket.send(Message::Text(format!("{}: {call}", self.calls).into())).await
    }

    /// The first message decides, and the rest follows.
    async fn greet(mut self) -> Option<Self> {
        let Some(Ok(Message::Text(name))) = self.socket.recv().await else { return None };
        self.answer(name.as_str()).await.ok()?;
        Some(self)
    }

    /// Whoever calls it has served the client.
    async fn leave(mut self) {
        let Some(Ok(_)) = self.socket.recv().await else { return };
        let _ = self.socket.send(Message::Text("bye".into())).await;
    }

    async fn serve_and_leave(mut self) {
        while let Some(Ok(message)) = self.socket.recv().await {
            let Message::Text(call) = message else { break };
            if self.answer(call.as_str()).await.is_err() {
                return;
            }
        }
        self.leave().await;
    }

    /// It says that it is over.
    async fn once(mut self) {
        let Some(Ok(Message::Text(call))) = self.socket.recv().await else { return };
        let answer = Message::Text(call.to_uppercase().into());
        if self.socket.send(answer).await.is_ok() {
            let _ = self.socket.send(Message::Close(None)).await;
        }
    }
}

async fn peer_ws(ws: WebSocketUpgrade, State(way): State<u8>) -> Response {
    ws.on_upgrade(move |socket| async move {
        let peer = Peer { socket, calls: 0 };
        match way {
            0 => peer.serve().await,
            1 => peer.serve_and_leave().await,
            2 => peer.once().await,
            _ => {
                if let Some(peer) = peer.greet().await {
                    peer.serve().await;
                }
            }
        }
    })
}
