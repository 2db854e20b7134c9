//! How many messages a second an echo on Sockeye and one on raw axum answer, side by side.
//!
//! ```text
//! cargo bench -p sockeye-benches --bench throughput
//! ```
//!
//! Each server is a process of its own with one thread; the client is another. The two take turns, so that whatever else
//! the machine does hits both. Beside the rate stands the rate per second of the server's CPU time, which is the fairer
//! number on a machine that is shared.

#![allow(clippy::print_stdout, reason = "the numbers are what the program is for")]

mod client;

use std::{env, io, time::Duration};

use sockeye_benches::{process::ServerProcess, servers};

/// How often each server has its turn.
const ROUNDS: usize = 5;

/// How long a turn is.
const TURN: Duration = Duration::from_secs(2);

/// What is asked of a server.
#[derive(Debug, Clone, Copy)]
struct Load {
    connections: usize,
    /// How many messages of one connection are on their way at once.
    outstanding: usize,
    /// The payload of a message, in bytes.
    size: usize,
}

const LOADS: [Load; 3] = [
    Load { connections: 100, outstanding: 1, size: 64 },
    Load { connections: 10, outstanding: 32, size: 64 },
    Load { connections: 10, outstanding: 1, size: 16 * 1024 },
];

/// What came of one turn.
#[derive(Debug, Clone, Copy)]
struct Rate {
    per_second: f64,
    per_cpu_second: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    match env::args().nth(1).as_deref() {
        Some("sockeye") => servers::sockeye().await,
        Some("axum") => servers::axum().await,
        _ => compare().await,
    }
}

async fn compare() -> io::Result<()> {
    let (sockeye, axum) = (ServerProcess::start("sockeye")?, ServerProcess::start("axum")?);
    for load in LOADS {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(turn(&sockeye, load).await?);
            theirs.push(turn(&axum, load).await?);
        }
        print(load, &ours, &theirs);
    }
    Ok(())
}

async fn turn(server: &ServerProcess, load: Load) -> io::Result<Rate> {
    let clients = client::connect(server.address(), load).await?;
    let before = server.cpu_time()?;
    let (messages, time) = client::exchange(clients, load, TURN).await?;
    let busy = server.cpu_time()?.saturating_sub(before);
    Ok(Rate { per_second: per(messages, time), per_cpu_second: per(messages, busy) })
}

#[allow(clippy::cast_precision_loss, reason = "a count of messages is far below 2^52")]
fn per(messages: u64, time: Duration) -> f64 {
    messages as f64 / time.as_secs_f64()
}

fn print(load: Load, ours: &[Rate], theirs: &[Rate]) {
    let Load { connections, outstanding, size } = load;
    println!("{connections} connections, {outstanding} outstanding, {size} B; median of {ROUNDS} turns");
    print_ratio("messages/s", median(ours, |rate| rate.per_second), median(theirs, |rate| rate.per_second));
    print_ratio(
        "messages/s of CPU",
        median(ours, |rate| rate.per_cpu_second),
        median(theirs, |rate| rate.per_cpu_second),
    );
}

fn print_ratio(what: &str, ours: f64, theirs: f64) {
    println!("  {what:<18} sockeye {ours:>9.0}   axum {theirs:>9.0}   ratio {:.2}", ours / theirs);
}

fn median(rates: &[Rate], measure: fn(&Rate) -> f64) -> f64 {
    let mut values: Vec<f64> = rates.iter().map(measure).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
