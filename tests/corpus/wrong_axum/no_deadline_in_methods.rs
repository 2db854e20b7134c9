//! Conversations in generic helpers, in methods that own the socket, and with another connection behind them, with and
//! without a deadline. A layer compares the origin.
use std::time::Duration;
use axum::extract::ws::{Message, WebSocket};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::{io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines}, net::{TcpStream, tcp::OwnedReadHalf}};
use tokio::sync::{RwLock, mpsc, watch};
use tokio::task::JoinSet;

async fn write_to<S: Sink<Message> + Unpin>(mut sink: S, mut cards: mpsc::Receiver<String>) {
    while let Some(card) = cards.recv().await {
        if sink.send(Message::text(card)).await.is_err() { return }
    }
}
async fn read_from<S: Stream<Item = Result<Message, axum::Error>> + Unpin>(mut stream: S) {
    while let Some(Ok(message)) = stream.next().await { tracing::debug!(?message) }
}
async fn read_for_a_while<S>(mut stream: S) where S: Stream<Item = Result<Message, axum::Error>> + Unpin {
    while let Ok(Some(Ok(message))) = tokio::time::timeout(Duration::from_secs(60), stream.next()).await { tracing::debug!(?message) }
}
/// Generic helpers in a set
async fn card_table(socket: WebSocket, cards: mpsc::Receiver<String>) { //~ no_deadline
    let (sink, stream) = socket.split();
    let mut tasks = JoinSet::new();
    tasks.spawn(write_to(sink, cards));
    tasks.spawn(read_from(stream));
    tasks.join_next().await;
}
/// One of them has a limit
async fn card_table_with_limit(socket: WebSocket, cards: mpsc::Receiver<String>) {
    let (sink, stream) = socket.split();
    let mut tasks = JoinSet::new();
    tasks.spawn(write_to(sink, cards));
    tasks.spawn(read_for_a_while(stream));
    tasks.join_next().await;
}
/// Second names
async fn card_table_in_blocks(socket: WebSocket, cards: mpsc::Receiver<String>) { //~ no_deadline
    let (sink, stream) = socket.split();
    let mut tasks = JoinSet::new();
    let mut cards = cards;
    let mut sink = sink;
    tasks.spawn(async move {
        while let Some(card) = cards.recv().await {
            if sink.send(Message::text(card)).await.is_err() { return }
        }
    });
    let mut input = stream;
    tasks.spawn(async move { while let Some(Ok(message)) = input.next().await { tracing::debug!(?message) } });
    tasks.join_next().await;
}
/// TCP behind it
async fn screen(socket: WebSocket) { //~ no_deadline
    let Ok(tcp) = TcpStream::connect("127.0.0.1:5900").await else { return };
    let (mut tcp_read, mut tcp_write) = tcp.into_split();
    let (mut sink, mut stream) = socket.split();
    let to_client = async {
        let mut buffer = vec![0; 8192];
        while let Ok(size @ 1..) = tcp_read.read(&mut buffer).await {
            if sink.send(Message::Binary(buffer[..size].to_vec().into())).await.is_err() { break }
        }
    };
    let to_server = async {
        while let Some(Ok(message)) = stream.next().await {
            if tcp_write.write_all(&message.into_data()).await.is_err() { break }
        }
    };
    tokio::select! { () = to_client => {}, () = to_server => {} }
}
/// Lines
async fn lines(socket: WebSocket, mut lines: Lines<BufReader<OwnedReadHalf>>) { //~ no_deadline
    let (mut sink, mut stream) = socket.split();
    let to_client = async {
        while let Ok(Some(line)) = lines.next_line().await {
            if sink.send(Message::text(line)).await.is_err() { break }
        }
    };
    let drained = async { while let Some(Ok(message)) = stream.next().await { tracing::debug!(?message) } };
    tokio::select! { () = to_client => {}, () = drained => {} }
}
/// It only answers; the lock is no source
async fn answers(socket: WebSocket, words: &RwLock<Vec<String>>) {
    let (mut sink, mut stream) = socket.split();
    while let Some(Ok(message)) = stream.next().await {
        let Ok(text) = message.to_text() else { continue };
        let count = words.read().await.iter().filter(|one| *one == text).count();
        if sink.send(Message::text(count.to_string())).await.is_err() { return }
    }
}
/// Halves of a field
struct Viewer { socket: WebSocket, logs: watch::Receiver<String> }
impl Viewer {
    async fn run(self) {
        let (mut sink, mut stream) = self.socket.split();
        let mut logs = self.logs;
        let send = async {
            while logs.changed().await.is_ok() {
                let line = logs.borrow_and_update().clone();
                if sink.send(Message::text(line)).await.is_err() { break }
            }
        };
        let receive = async { while let Some(Ok(message)) = stream.next().await { if matches!(message, Message::Close(_)) { break } } };
        tokio::select! { () = send => {}, () = receive => {} }
    }
    async fn run_with_limit(self) {
        let (mut sink, stream) = self.socket.split();
        let mut logs = self.logs;
        let send = async {
            while logs.changed().await.is_ok() {
                let line = logs.borrow_and_update().clone();
                if sink.send(Message::text(line)).await.is_err() { break }
            }
        };
        tokio::select! { () = send => {}, () = read_for_a_while(stream) => {} }
    }
}
