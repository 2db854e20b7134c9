//! Reads that lose nothing when another branch is ready first. A layer compares the origin.
use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

async fn read_head(stream: &mut TcpStream) -> std::io::Result<[u8; 4]> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    Ok(head)
}
/// The future is kept.
async fn kept(mut socket: WebSocket, mut upstream: TcpStream) {
    loop {
        let read = read_head(&mut upstream);
        tokio::pin!(read);
        let head = loop {
            tokio::select! {
                head = &mut read => break head,
                message = socket.recv() => match message { Some(Ok(_)) => {}, _ => return },
            }
        };
        let Ok(head) = head else { return };
        if socket.send(Message::binary(head.to_vec())).await.is_err() {
            return;
        }
    }
}
/// Every other branch leaves.
async fn leaves(mut socket: WebSocket, mut upstream: TcpStream) {
    loop {
        let mut head = [0; 4];
        tokio::select! {
            read = async { upstream.read_exact(&mut head).await } => if read.is_err() { return },
            _ = socket.recv() => return,
        }
        if socket.send(Message::binary(head.to_vec())).await.is_err() {
            return;
        }
    }
}
/// Cancel safe.
async fn some(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<usize> {
    stream.read_buf(buffer).await
}
async fn buffered(mut socket: WebSocket, mut upstream: TcpStream) {
    let mut buffer = Vec::new();
    loop {
        tokio::select! {
            read = some(&mut upstream, &mut buffer) => match read {
                Ok(0) | Err(_) => return,
                Ok(_) => if socket.send(Message::binary(std::mem::take(&mut buffer))).await.is_err() { return },
            },
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { return },
        }
    }
}
async fn bytes(mut socket: WebSocket, mut upstream: TcpStream) {
    loop {
        tokio::select! {
            byte = upstream.read_u8() => match byte {
                Ok(byte) => if socket.send(Message::binary(vec![byte])).await.is_err() { return },
                Err(_) => return,
            },
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { return },
        }
    }
}
/// In a task.
async fn task(mut socket: WebSocket, mut upstream: TcpStream) {
    let (tx, mut rx) = tokio::sync::mpsc::channel(4);
    let reader = tokio::spawn(async move {
        while let Ok(head) = read_head(&mut upstream).await {
            if tx.send(head).await.is_err() {
                return;
            }
        }
    });
    loop {
        tokio::select! {
            head = rx.recv() => match head {
                Some(head) => if socket.send(Message::binary(head.to_vec())).await.is_err() { break },
                None => break,
            },
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
    reader.abort();
}
