//! Right handlers as they are found in programs of various people.
//!
//! A layer around the router checks the origin.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::extract::ws::{Message, WebSocket};
use futures_util::{
    FutureExt as _, SinkExt as _, StreamExt as _, future,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    select, spawn,
    sync::{Mutex, RwLock, broadcast, mpsc, watch},
    task::JoinSet,
    time::{interval, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

type Out = SplitSink<WebSocket, Message>;
type Shared = Arc<Mutex<Out>>;

/// A connection whose half several tasks share.
#[derive(Clone)]
struct Conn {
    id: usize,
    out: Shared,
}

impl Conn {
    async fn say(&self, text: &str) -> Result<(), axum::Error> {
        self.out.lock().await.send(Message::text(text)).await
    }

    async fn whisper(&self, text: &str) {
        if let Err(error) = self.say(text).await {
            tracing::debug!(%error, id = self.id);
        }
    }

    async fn close(&self) {
        let _ = self.out.lock().await.close().await;
    }
}

#[derive(Clone, Default)]
struct Lobby {
    conns: Arc<RwLock<HashMap<usize, Conn>>>,
}

static NEXT: AtomicUsize = AtomicUsize::new(1);

async fn lobby(socket: WebSocket, lobby: Lobby) {
    let (out, mut heard) = socket.split();
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let conn = Conn { id, out: Arc::new(Mutex::new(out)) };
    lobby.conns.write().await.insert(id, conn.clone());
    while let Some(Ok(message)) = heard.next().await {
        let Message::Text(text) = message else { continue };
        conn.whisper(text.as_str()).await;
    }
    lobby.conns.write().await.remove(&id);
}

/// A heartbeat ends at its first error, and the half is shared with the answers.
async fn answered(socket: WebSocket) {
    let (out, mut heard) = socket.split();
    let out = Arc::new(Mutex::new(out));
    let beat = Arc::clone(&out);
    let beating = spawn(async move {
        let mut ticks = interval(Duration::from_secs(5));
        loop {
            ticks.tick().await;
            if beat.lock().await.send(Message::Ping(Default::default())).await.is_err() {
                break;
            }
        }
    });
    while let Some(Ok(message)) = heard.next().await {
        if matches!(message, Message::Text(_)) && out.lock().await.send(message).await.is_err() {
            break;
        }
    }
    beating.abort();
}

/// A conversation in steps, closed at the end.
async fn steps(socket: WebSocket) {
    let (out, mut heard) = socket.split();
    let conn = Conn { id: 0, out: Arc::new(Mutex::new(out)) };
    for step in ["one", "two", "three"] {
        if conn.say(step).await.is_err() {
            return;
        }
        if !matches!(timeout(Duration::from_secs(10), heard.next()).await, Ok(Some(Ok(_)))) {
            break;
        }
    }
    conn.close().await;
}

/// The guard aborts the task when it is dropped.
async fn guarded(socket: WebSocket, level: watch::Receiver<u32>) {
    let (out, mut heard) = socket.split();
    let _pushing = AbortOnDropHandle::new(spawn(push(out, level)));
    while let Some(Ok(_)) = heard.next().await {}
}

async fn push(mut out: Out, mut level: watch::Receiver<u32>) {
    while level.changed().await.is_ok() {
        let now = *level.borrow_and_update();
        let _ = out.send(Message::text(now.to_string())).await;
    }
}

/// A token that the reader cancels runs out.
async fn cancelled(socket: WebSocket, level: watch::Receiver<u32>) {
    let (out, heard) = socket.split();
    let gone = CancellationToken::new();
    let pushing = gone.run_until_cancelled(push2(out, level));
    let reading = async {
        read(heard).await;
        gone.cancel();
    };
    tokio::join!(pushing, reading);
}

async fn push2(mut out: Out, mut level: watch::Receiver<u32>) {
    while level.changed().await.is_ok() {
        let now = *level.borrow_and_update();
        let _ = out.send(Message::text(now.to_string())).await;
    }
}

async fn read(mut heard: SplitStream<WebSocket>) {
    while let Some(Ok(_)) = heard.next().await {}
}

/// A flag of the connection.
async fn flagged(socket: WebSocket) {
    let (out, heard) = socket.split();
    let open = Arc::new(AtomicBool::new(true));
    let reading = {
        let open = open.clone();
        async move {
            read(heard).await;
            open.store(false, Ordering::Relaxed);
        }
    };
    tokio::join!(tick_while(out, open), reading);
}

async fn tick_while(mut out: Out, open: Arc<AtomicBool>) {
    while open.load(Ordering::Relaxed) {
        sleep(Duration::from_secs(1)).await;
        let _ = out.send(Message::text("tick")).await;
    }
}

/// The owner of the set ends it with the function.
async fn in_a_set(socket: WebSocket, level: watch::Receiver<u32>) {
    let (out, mut heard) = socket.split();
    let mut tasks = JoinSet::new();
    tasks.spawn(push3(out, level));
    while let Some(Ok(_)) = heard.next().await {}
}

async fn push3(mut out: Out, mut level: watch::Receiver<u32>) {
    while level.changed().await.is_ok() {
        let now = *level.borrow_and_update();
        let _ = out.send(Message::text(now.to_string())).await;
    }
}

/// Whoever is first, by a list.
async fn any_first(socket: WebSocket, level: watch::Receiver<u32>) {
    let (out, heard) = socket.split();
    let both = [push4(out, level).boxed(), read(heard).boxed()];
    let ((), _, _) = future::select_all(both).await;
}

async fn push4(mut out: Out, mut level: watch::Receiver<u32>) {
    while level.changed().await.is_ok() {
        let now = *level.borrow_and_update();
        let _ = out.send(Message::text(now.to_string())).await;
    }
}

/// The reader is polled beside a push that is polled again.
async fn polled(socket: WebSocket, level: watch::Receiver<u32>) {
    let (out, mut heard) = socket.split();
    let mut pushing = Box::pin(push5(out, level));
    loop {
        select! {
            () = &mut pushing => break,
            message = heard.next() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
}

async fn push5(mut out: Out, mut level: watch::Receiver<u32>) {
    while level.changed().await.is_ok() {
        let now = *level.borrow_and_update();
        let _ = out.send(Message::text(now.to_string())).await;
    }
}

/// A queue whose senders are the tasks of this connection.
async fn workers(socket: WebSocket) {
    let (out, mut heard) = socket.split();
    let (results, pending) = mpsc::channel(8);
    let writing = spawn(write(out, pending));
    while let Some(Ok(message)) = heard.next().await {
        let results = results.clone();
        spawn(async move {
            sleep(Duration::from_millis(5)).await;
            let _ = results.send(message).await;
        });
    }
    drop(results);
    let _ = writing.await;
}

async fn write(mut out: Out, mut pending: mpsc::Receiver<Message>) {
    while let Some(message) = pending.recv().await {
        let _ = out.send(message).await;
    }
}

/// A queue made by a function of the file.
fn outbox() -> (mpsc::Sender<Message>, mpsc::Receiver<Message>) {
    mpsc::channel(8)
}

async fn echo(socket: WebSocket) {
    let (out, mut heard) = socket.split();
    let (tx, rx) = outbox();
    let reading = async move {
        while let Some(Ok(message)) = heard.next().await {
            if tx.send(message).await.is_err() {
                break;
            }
        }
    };
    tokio::join!(write2(out, rx), reading);
}

async fn write2(mut out: Out, mut pending: mpsc::Receiver<Message>) {
    while let Some(message) = pending.recv().await {
        let _ = out.send(message).await;
    }
}

/// The broadcast channel is the connection's own.
async fn own_broadcast(socket: WebSocket) {
    let (out, mut heard) = socket.split();
    let (tx, rx) = broadcast::channel(8);
    let reading = async move {
        while let Some(Ok(Message::Binary(bytes))) = heard.next().await.filter(|message| message.is_ok()) {
            let _ = tx.send(bytes.len());
        }
    };
    tokio::join!(lengths(out, rx), reading);
}

async fn lengths(mut out: Out, mut rx: broadcast::Receiver<usize>) {
    loop {
        match rx.recv().await {
            Ok(length) => drop(out.send(Message::text(length.to_string())).await),
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => break,
        }
    }
}

/// What blocks is done elsewhere.
async fn listed(mut socket: WebSocket) {
    while let Some(Ok(Message::Text(names))) = socket.recv().await.map(|message| message) {
        let names: Vec<_> = names.as_str().lines().map(str::to_owned).collect();
        let reads =
            names.into_iter().map(|name| tokio::task::spawn_blocking(move || std::fs::read_to_string(name)));
        for read in reads.collect::<Vec<_>>() {
            let text = read.await.ok().and_then(Result::ok).unwrap_or_else(|| "?".to_owned());
            if socket.send(Message::text(text)).await.is_err() {
                return;
            }
        }
    }
}

/// `block_in_place`, and a thread.
async fn in_place(mut socket: WebSocket) {
    while let Some(Ok(_)) = socket.recv().await {
        let text = tokio::task::block_in_place(|| {
            ["a", "b"].iter().filter_map(|name| std::fs::read_to_string(name).ok()).collect::<String>()
        });
        let (tx, rx) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            (0..3).for_each(|_| std::thread::sleep(Duration::from_millis(1)));
            let _ = tx.send(());
        });
        let _ = rx.await;
        if socket.send(Message::text(text)).await.is_err() {
            return;
        }
    }
}
