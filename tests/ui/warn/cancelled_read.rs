//! What a branch has read is lost when another one is ready first.

use std::time::Duration;

use sockeye::{Handshake, Message, Socket, ws_endpoint};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::interval,
};

/// Reads and writes in branches.
#[ws_endpoint("/ws/proxy")]
async fn proxy(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut upstream = TcpStream::connect("127.0.0.1:9").await?;
    let mut frame = [0; 16];
    loop {
        tokio::select! {
            read = upstream.read_exact(&mut frame) => {
                read?;
                socket.send(frame.to_vec()).await?;
            }
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                tokio::select! {
                    written = upstream.write_all(message.as_bytes()) => written?,
                    message = socket.recv() => if message?.is_none() { return Ok(()) },
                }
            }
        }
    }
}

/// Reads lines.
#[ws_endpoint("/ws/lines")]
async fn lines(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut upstream = BufReader::new(TcpStream::connect("127.0.0.1:9").await?);
    loop {
        let mut line = String::new();
        tokio::select! {
            read = upstream.read_line(&mut line) => {
                read?;
                socket.send(line).await?;
            }
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

async fn pair(socket: &mut Socket) -> sockeye::Result<Option<(Message, Message)>> {
    let Some(one) = socket.recv().await? else { return Ok(None) };
    let Some(two) = socket.recv().await? else { return Ok(None) };
    Ok(Some((one, two)))
}

/// Receives in pairs, and begins to wait anew.
#[ws_endpoint("/ws/pairs")]
async fn pairs(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let mut ticks = interval(Duration::from_secs(1));
        let both = tokio::select! {
            both = pair(&mut socket) => both?,
            _ = ticks.tick() => continue,
        };
        let Some((one, two)) = both else { return Ok(()) };
        socket.send((one.len() + two.len()).to_string()).await?;
    }
}

fn main() {}
