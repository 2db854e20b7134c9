//! How much memory a connection costs that does nothing, on Sockeye and on raw axum.
//!
//! ```text
//! cargo bench -p sockeye-benches --bench idle            # 10,000 connections
//! cargo bench -p sockeye-benches --bench idle -- 1000
//! ```
//!
//! Each server is a process of its own, and this process holds the clients, so each needs as many file descriptors
//! (`ulimit -n`) as there are connections. The two take turns, each time as a new process: memory that an allocator has kept
//! would not be counted a second time.

#![allow(clippy::print_stdout, reason = "the numbers are what the program is for")]

use std::{env, io, time::Duration};

use sockeye_benches::{handshake, process::ServerProcess, servers};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const CONNECTIONS: usize = 10_000;
const ROUNDS: usize = 3;

/// Bytes for each connection.
#[derive(Debug, Clone, Copy)]
struct Cost {
    /// When nothing has been said yet.
    fresh: u64,
    /// When each has had one message echoed.
    used: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    match env::args().nth(1).as_deref() {
        Some("sockeye") => servers::sockeye().await,
        Some("axum") => servers::axum().await,
        number => compare(number.and_then(|number| number.parse().ok()).unwrap_or(CONNECTIONS)).await,
    }
}

async fn compare(connections: usize) -> io::Result<()> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(turn("sockeye", connections).await?);
        theirs.push(turn("axum", connections).await?);
    }
    println!("{connections} idle connections; bytes of the server for each, median of {ROUNDS} turns");
    print_both("nothing said", median(&ours, |cost| cost.fresh), median(&theirs, |cost| cost.fresh));
    print_both("one message echoed", median(&ours, |cost| cost.used), median(&theirs, |cost| cost.used));
    Ok(())
}

async fn turn(name: &str, connections: usize) -> io::Result<Cost> {
    let server = ServerProcess::start(name)?;
    // What the first of all costs is the server's, not the connection's.
    echo(&mut handshake::open(server.address()).await?).await?;
    let before = server.memory()?;
    let mut clients = Vec::with_capacity(connections);
    for _ in 0..connections {
        clients.push(handshake::open(server.address()).await.map_err(|error| explain(&error))?);
    }
    let fresh = settled(&server, before, connections).await?;
    for client in &mut clients {
        echo(client).await?;
    }
    let used = settled(&server, before, connections).await?;
    Ok(Cost { fresh, used })
}

fn explain(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{error}; is `ulimit -n` above the number of connections?"))
}

/// Bytes for each connection, once the server has nothing left to do.
async fn settled(server: &ServerProcess, before: u64, connections: usize) -> io::Result<u64> {
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(server.memory()?.saturating_sub(before) / connections as u64)
}

async fn echo(client: &mut TcpStream) -> io::Result<()> {
    client.write_all(&[0x82, 0x84, 0, 0, 0, 0, b'i', b'd', b'l', b'e']).await?;
    let mut answer = [0; 6];
    client.read_exact(&mut answer).await?;
    if &answer == b"\x82\x04idle" { Ok(()) } else { Err(io::Error::other("the echo is not what was sent")) }
}

fn median(costs: &[Cost], measure: fn(&Cost) -> u64) -> u64 {
    let mut values: Vec<u64> = costs.iter().map(measure).collect();
    values.sort_unstable();
    values[values.len() / 2]
}

#[allow(clippy::cast_precision_loss, reason = "bytes for a connection are far below 2^52")]
fn print_both(what: &str, ours: u64, theirs: u64) {
    println!("  {what:<18} sockeye {ours:>7}   axum {theirs:>7}   ratio {:.2}", ours as f64 / theirs as f64);
}
