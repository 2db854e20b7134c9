//! Branches that lose nothing, or whose loss nobody misses.
#![deny(warnings)]

use std::time::Duration;

use sockeye::{CloseCode, Handshake, ws_endpoint};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::{interval, sleep},
};

/// `next_line` is cancel safe, and what is written is written after `=>`.
#[ws_endpoint("/ws/lines")]
async fn lines(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (upstream, mut down) = TcpStream::connect("127.0.0.1:9").await?.into_split();
    let mut lines = BufReader::new(upstream).lines();
    loop {
        tokio::select! {
            line = lines.next_line() => {
                let Some(line) = line? else { return Ok(()) };
                socket.send(line).await?;
            }
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                down.write_all(message.as_bytes()).await?;
            }
        }
    }
}

/// The other branch is the end.
#[ws_endpoint("/ws/end")]
async fn end(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let (sender, mut receiver) = socket.split();
    let mut upstream = TcpStream::connect("127.0.0.1:9").await?;
    let mut frame = [0; 16];
    let gone = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::pin!(gone);
    loop {
        tokio::select! {
            read = upstream.read_exact(&mut frame) => {
                read?;
                sender.send(frame.to_vec()).await?;
            }
            () = &mut gone => return Ok(()),
        }
    }
}

/// An idle timeout begins anew with each message.
#[ws_endpoint("/ws/idle")]
async fn idle(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(message) => socket.send(message).await?,
                None => return Ok(()),
            },
            () = sleep(Duration::from_secs(60)) => return socket.close(CloseCode::POLICY_VIOLATION, "idle").await,
        }
    }
}

/// An interval of an inner loop is made once for it.
#[ws_endpoint("/ws/inner")]
async fn inner(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let mut ticks = interval(Duration::from_millis(10));
        for _ in 0..message.len() {
            ticks.tick().await;
            socket.send("tick").await?;
        }
    }
    Ok(())
}

fn main() {}
