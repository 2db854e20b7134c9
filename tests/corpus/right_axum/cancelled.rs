//! Branches that lose nothing.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    net::TcpStream,
    time::{Instant, interval, interval_at, sleep},
};
use tokio_util::sync::CancellationToken;

async fn lines(mut socket: WebSocket, tcp: TcpStream) {
    let mut lines = BufReader::new(tcp).lines();
    loop {
        tokio::select! {
            line = lines.next_line() => {
                let Ok(Some(line)) = line else { break };
                if socket.send(Message::text(line)).await.is_err() {
                    break;
                }
            }
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
}

async fn until_stopped(mut socket: WebSocket, mut tcp: TcpStream, stop: CancellationToken) {
    let mut header = [0; 4];
    loop {
        tokio::select! {
            read = tcp.read_exact(&mut header) => {
                if read.is_err() || socket.send(Message::Binary(header.to_vec().into())).await.is_err() {
                    break;
                }
            }
            () = stop.cancelled() => break,
        }
    }
    while let Some(Ok(_)) = socket.recv().await {}
}

async fn idle(mut socket: WebSocket) {
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(_)) => {}
                _ => break,
            },
            () = sleep(Duration::from_secs(60)) => {
                if socket.send(Message::Ping(Default::default())).await.is_err() {
                    break;
                }
            }
        }
    }
}

async fn quiet_pings(mut socket: WebSocket) {
    loop {
        let period = Duration::from_secs(20);
        let mut ticks = interval_at(Instant::now() + period, period);
        let mut first = interval(period);
        first.tick().await;
        tokio::select! {
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
            _ = ticks.tick() => if socket.send(Message::Ping(Default::default())).await.is_err() { break },
            _ = first.tick() => if socket.send(Message::Ping(Default::default())).await.is_err() { break },
        }
    }
}
