//! Reads in helpers, blocks and futures that are made in each round. A layer compares the origin.
use std::{sync::Arc, time::Duration};
use axum::extract::{State, ws::{Message, WebSocket}};
use futures_util::{SinkExt, StreamExt};
use sockeye::{Handshake, ws_endpoint};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, tcp::OwnedReadHalf};

/// Helper.
async fn frame(from: &mut OwnedReadHalf) -> std::io::Result<Vec<u8>> {
    let len = from.read_u32().await? as usize;
    let mut all = vec![0; len.min(65536)];
    from.read_exact(&mut all).await?;
    Ok(all)
}
async fn c1(mut socket: WebSocket, upstream: TcpStream) {
    let (mut from, mut to) = upstream.into_split();
    loop {
        tokio::select! {
            bytes = frame(&mut from) => match bytes { //~ cancelled_read
                Ok(bytes) => if socket.send(Message::binary(bytes)).await.is_err() { break },
                Err(_) => break,
            },
            message = socket.recv() => match message {
                Some(Ok(message)) => if to.write_all(&message.into_data()).await.is_err() { break },
                _ => break,
            },
        }
    }
}
/// Async block.
async fn c2(mut socket: WebSocket, mut upstream: TcpStream) {
    let mut head = [0u8; 8];
    loop {
        tokio::select! {
            read = async { upstream.read_exact(&mut head).await } => { //~ cancelled_read
                if read.is_err() || socket.send(Message::binary(head.to_vec())).await.is_err() { break }
            }
            message = socket.recv() => match message { Some(Ok(_)) => {}, _ => break },
        }
    }
}
/// Pinned anew.
async fn c3(mut socket: WebSocket, upstream: TcpStream) {
    let mut reader = BufReader::new(upstream);
    let mut line = String::new();
    loop {
        let next = reader.read_line(&mut line); //~ cancelled_read
        tokio::pin!(next);
        tokio::select! {
            read = &mut next => if !matches!(read, Ok(n) if n > 0) { break },
            message = socket.recv() => match message { Some(Ok(_)) => continue, _ => break },
        }
        let text = std::mem::take(&mut line);
        if socket.send(Message::text(text)).await.is_err() { break }
    }
}
/// Method.
struct Link { stream: TcpStream }
impl Link {
    async fn next_frame(&mut self) -> std::io::Result<[u8; 16]> {
        let mut frame = [0; 16];
        self.stream.read_exact(&mut frame).await?;
        Ok(frame)
    }
}
async fn c4(mut socket: WebSocket, mut link: Link) {
    loop {
        tokio::select! {
            frame = link.next_frame() => { //~ cancelled_read
                let Ok(frame) = frame else { break };
                if socket.send(Message::binary(frame.to_vec())).await.is_err() { break }
            }
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
}
/// Sockeye async block with several statements.
/// Doc.
#[ws_endpoint("/c5")]
async fn c5(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut device = TcpStream::connect("device:9000").await?;
    loop {
        tokio::select! {
            frame = async {
                let mut head = [0; 4];
                device.read_exact(&mut head).await?; //~ cancelled_read
                Ok::<_, std::io::Error>(head)
            } => socket.send(frame?.to_vec()).await?,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}
/// Let future in loop, box pin.
async fn c6(mut socket: WebSocket, mut upstream: TcpStream) {
    loop {
        let mut frame = [0u8; 32];
        let mut read = Box::pin(upstream.read_exact(&mut frame)); //~ cancelled_read
        tokio::select! {
            done = &mut read => if done.is_err() { break },
            message = socket.recv() => match message { Some(Ok(_)) => continue, _ => break },
        }
        drop(read);
        if socket.send(Message::binary(frame.to_vec())).await.is_err() { break }
    }
}
/// Tick made anew by sleep helper.
async fn c7(mut socket: WebSocket, mut upstream: TcpStream) {
    loop {
        let head = read_head(&mut upstream); //~ cancelled_read
        tokio::select! {
            head = head => match head { Ok(head) => if socket.send(Message::binary(head.to_vec())).await.is_err() { return }, Err(_) => return },
            message = socket.recv() => match message { Some(Ok(_)) => {}, _ => return },
        }
    }
}
async fn read_head(stream: &mut TcpStream) -> std::io::Result<[u8; 4]> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    Ok(head)
}
/// Read_u32.
async fn c8(mut socket: WebSocket, mut upstream: TcpStream) {
    loop {
        tokio::select! {
            number = upstream.read_u32() => match number { //~ cancelled_read
                Ok(number) => if socket.send(Message::text(number.to_string())).await.is_err() { break },
                Err(_) => break,
            },
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
}
