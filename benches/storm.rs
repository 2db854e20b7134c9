//! How all clients of one address come back after a restart of the server, with and without a limit on their handshakes.
//!
//! ```text
//! cargo bench -p sockeye-benches --bench storm            # 5,000 clients
//! cargo bench -p sockeye-benches --bench storm -- 1000
//! ```
//!
//! Each server is a process of its own, which is killed when all clients are connected. They connect to the next one at once; a client that
//! is refused waits as long as `Retry-After` says, and up to a second longer. This process holds the clients, so it needs as many file
//! descriptors (`ulimit -n`) as there are.

#![allow(clippy::print_stdout, reason = "the numbers are what the program is for")]

use std::{env, io, net::SocketAddr, time::Duration};

use sockeye::Limits;
use sockeye_benches::{
    handshake::{self, Answer},
    process::ServerProcess,
    servers,
};
use tokio::{
    io::AsyncReadExt as _,
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep},
};

const CLIENTS: u64 = 5_000;
const PER_SECOND: u32 = 500;
const BURST: u32 = 1_000;

/// A client that is connected again.
struct Back {
    refusals: u32,
    after: Duration,
    _stream: TcpStream,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    match env::args().nth(1).as_deref() {
        Some("free") => servers::sockeye().await,
        Some("limited") => servers::sockeye_within(Limits::new().max_handshake_rate(PER_SECOND, BURST)).await,
        number => compare(number.and_then(|number| number.parse().ok()).unwrap_or(CLIENTS)).await,
    }
}

async fn compare(clients: u64) -> io::Result<()> {
    println!("{clients} clients of one address, which all come back at once");
    print("no limit", restart("free", clients).await?);
    print(&format!("{PER_SECOND} per second, burst {BURST}"), restart("limited", clients).await?);
    Ok(())
}

/// Connects every client to a server, kills it, and has them come back to the next one.
async fn restart(name: &str, clients: u64) -> io::Result<(Vec<Back>, Duration)> {
    let first = ServerProcess::start("free")?;
    let mut streams = Vec::new();
    for _ in 0..clients {
        streams.push(handshake::open(first.address()).await?);
    }
    let next = ServerProcess::start(name)?;
    let mut storm = JoinSet::new();
    drop(first);
    let begun = Instant::now();
    for (number, stream) in (0..).zip(streams) {
        storm.spawn(come_back(next.address(), stream, number, begun));
    }
    let back = storm.join_all().await.into_iter().collect::<io::Result<Vec<_>>>()?;
    Ok((back, next.cpu_time()?))
}

/// Sees the first server go, and connects until the next one accepts.
async fn come_back(
    address: SocketAddr,
    mut stream: TcpStream,
    number: u64,
    begun: Instant,
) -> io::Result<Back> {
    let mut rest = Vec::new();
    // A reset is an end like any other.
    _ = stream.read_to_end(&mut rest).await;
    drop(stream);
    let mut refusals = 0;
    loop {
        match handshake::ask(address).await? {
            Answer::Accepted(stream) => {
                return Ok(Back { refusals, after: begun.elapsed(), _stream: stream });
            }
            Answer::Refused { head } => {
                let wait = head.lines().find_map(|line| line.strip_prefix("retry-after: ")?.parse().ok());
                let wait = wait.ok_or_else(|| io::Error::other(head.clone()))?;
                refusals += 1;
                // Spread over a second without a random number.
                sleep(Duration::from_secs(wait) + Duration::from_millis(number * 7919 % 1000)).await;
            }
        }
    }
}

fn print(name: &str, (mut back, cpu): (Vec<Back>, Duration)) {
    back.sort_by_key(|one| one.after);
    let refusals: u32 = back.iter().map(|one| one.refusals).sum();
    let at = |part: usize| back[(back.len() - 1) * part / 100].after;
    println!(
        "  {name:<27} half back after {:.1?}, all after {:.1?}; {refusals} refusals; {cpu:.1?} of CPU for the server",
        at(50),
        at(100)
    );
}
