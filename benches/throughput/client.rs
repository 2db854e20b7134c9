//! A client that costs next to nothing: its frames are made once, and of the answers only the length is looked at.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use sockeye_benches::handshake;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use crate::Load;

/// Opens every connection of a load.
pub(crate) async fn connect(address: SocketAddr, load: Load) -> io::Result<Vec<TcpStream>> {
    let mut clients = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        clients.push(handshake::open(address).await?);
    }
    Ok(clients)
}

/// Sends and receives for a while; gives how many messages came back, and in what time.
pub(crate) async fn exchange(
    clients: Vec<TcpStream>,
    load: Load,
    time: Duration,
) -> io::Result<(u64, Duration)> {
    let began = Instant::now();
    let mut running = JoinSet::new();
    for client in clients {
        running.spawn(bounce(client, load, began + time));
    }
    let mut messages = 0;
    while let Some(counted) = running.join_next().await {
        messages += counted??;
    }
    Ok((messages, began.elapsed()))
}

/// Sends a burst, waits for all answers, and again.
async fn bounce(mut stream: TcpStream, load: Load, until: Instant) -> io::Result<u64> {
    let burst = frame(load.size, true).repeat(load.outstanding);
    let expected = frame(load.size, false).repeat(load.outstanding);
    let mut answer = vec![0; expected.len()];
    let mut messages = 0;
    while Instant::now() < until {
        stream.write_all(&burst).await?;
        stream.read_exact(&mut answer).await?;
        messages += load.outstanding as u64;
    }
    if messages > 0 && answer != expected {
        return Err(io::Error::other("the echo is not what was sent"));
    }
    Ok(messages)
}

/// A binary message of zeros; with a key that is not zero where it is masked, so that unmasking costs what it costs.
fn frame(size: usize, masked: bool) -> Vec<u8> {
    let mask_bit = if masked { 0b1000_0000 } else { 0 };
    let mut frame = vec![0x82];
    match u16::try_from(size) {
        Ok(short) if size <= 125 => frame.push(mask_bit | short.to_be_bytes()[1]),
        Ok(long) => {
            frame.push(mask_bit | 0x7e);
            frame.extend(long.to_be_bytes());
        }
        Err(_) => {
            frame.push(mask_bit | 0x7f);
            frame.extend((size as u64).to_be_bytes());
        }
    }
    let key: &[u8] = if masked { &[0x12, 0x34, 0x56, 0x78] } else { &[] };
    frame.extend(key);
    // A zero, masked, is the key.
    frame.extend((0..size).map(|index| key.get(index % 4).copied().unwrap_or(0)));
    frame
}
