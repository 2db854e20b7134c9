//! Branches that lose what they have read.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use tokio::{io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader}, net::TcpStream, time};

const ORIGIN: &str = "checked elsewhere";

async fn bridge(mut socket: WebSocket, mut tcp: TcpStream) {
    loop {
        let mut header = [0u8; 4];
        tokio::select! {
            read = tcp.read_exact(&mut header) => { //~ cancelled_read
                if read.is_err() || socket.send(Message::Binary(header.to_vec().into())).await.is_err() {
                    break;
                }
            }
            message = socket.recv() => match message {
                Some(Ok(_)) => {}
                _ => break,
            },
        }
    }
}

async fn logs(mut socket: WebSocket, tcp: TcpStream) {
    let mut lines = BufReader::new(tcp);
    let mut line = String::new();
    loop {
        tokio::select! {
            read = lines.read_line(&mut line) => { //~ cancelled_read
                if !matches!(read, Ok(1..)) || socket.send(Message::text(std::mem::take(&mut line))).await.is_err() {
                    break;
                }
            }
            Some(message) = socket.recv() => if message.is_err() { break },
        }
    }
}

async fn pings(mut socket: WebSocket) {
    loop {
        let mut ticks = time::interval(Duration::from_secs(20)); //~ cancelled_read
        tokio::select! {
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
            _ = ticks.tick() => if socket.send(Message::Ping(Default::default())).await.is_err() { break },
        }
    }
}

async fn made_inside(mut socket: WebSocket) {
    loop {
        tokio::select! {
            _ = async { time::interval(Duration::from_secs(5)).tick().await } => { //~ cancelled_read
                if socket.send(Message::Text("tick".into())).await.is_err() { break }
            }
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
}
