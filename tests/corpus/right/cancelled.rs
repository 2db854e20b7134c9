//! Branches that lose nothing, or whose loss nobody misses.

use std::time::Duration;

use sockeye::{CloseCode, Handshake, ws_endpoint};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::{interval, sleep},
};

/// `next_line` is cancel safe, and what is written is written after `=>`.
#[ws_endpoint("/cancelled/lines")]
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
#[ws_endpoint("/cancelled/end")]
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
#[ws_endpoint("/cancelled/idle")]
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
#[ws_endpoint("/cancelled/inner")]
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

/// What is made in the branch waits.
#[ws_endpoint("/cancelled/inside")]
async fn inside(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut beats = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            () = async { sleep(Duration::from_secs(60)).await } => return socket.close(CloseCode::NORMAL, "idle").await,
            () = async {
                let mut ticks = interval(Duration::from_secs(5));
                ticks.tick().await;
                ticks.tick().await;
            } => socket.send("tick").await?,
            _ = async { beats.tick().await } => socket.send("beat").await?,
            () = async {
                let start = tokio::time::Instant::now() + Duration::from_secs(9);
                let mut late = tokio::time::interval_at(start, Duration::from_secs(9));
                late.tick().await;
            } => socket.send("late").await?,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// It counts inside.
#[ws_endpoint("/cancelled/counted")]
async fn counted(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            () = async {
                let mut ticks = interval(Duration::from_secs(5));
                for _ in 0..3 {
                    ticks.tick().await;
                }
            } => socket.send("tick").await?,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// Without a loop it is made once.
#[ws_endpoint("/cancelled/once")]
async fn once(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    tokio::select! {
        _ = async { interval(Duration::from_secs(5)).tick().await } => socket.send("tick").await?,
        message = socket.recv() => if message?.is_none() { return Ok(()) },
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}
