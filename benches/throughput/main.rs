//! How much Sockeye does in a second, beside raw axum and other servers.
//!
//! ```text
//! cargo bench -p sockeye-benches --bench throughput                # Sockeye and axum
//! benches/run                                                      # all servers that install; writes RESULTS.md
//! cargo bench -p sockeye-benches --bench throughput -- --rounds 9 --turn 2000 --only broadcast
//! ```
//!
//! Each server is a process of its own with one thread; the client is another. The servers take turns, so that whatever else the machine
//! does hits all of them. Beside the rate is the rate per second of the server's CPU time, which is the fairer number on a machine
//! that is shared. A ratio is the median of the ratios of the rounds.

#![allow(clippy::print_stdout, reason = "the numbers are what the program is for")]

mod client;
mod latency;
mod loads;
mod memory;
mod picture;
mod results;
mod sides;

use std::{env, io, path::PathBuf, time::Duration};

use sockeye_benches::{process::ServerProcess, servers};

use self::{
    client::Clients,
    latency::Latency,
    loads::Load,
    results::{Measured, Rate, Results},
    sides::Side,
};

/// What the command line asks for.
struct Options {
    /// How often each server has its turn.
    rounds: usize,
    /// How long a turn is.
    turn: Duration,
    /// Only loads with this in their name.
    only: String,
    /// Where the results are written.
    write: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    match env::args().nth(1).as_deref() {
        Some("sockeye") => servers::sockeye().await,
        Some("axum") => servers::axum().await,
        Some("axum-tuned") => servers::axum_tuned().await,
        _ => compare(&options(env::args().skip(1))?).await,
    }
}

fn options(mut arguments: impl Iterator<Item = String>) -> io::Result<Options> {
    let mut options = Options { rounds: 5, turn: Duration::from_secs(1), only: String::new(), write: None };
    while let Some(argument) = arguments.next() {
        let mut value =
            || arguments.next().ok_or_else(|| io::Error::other(format!("{argument} needs a value")));
        match argument.as_str() {
            "--rounds" => options.rounds = value()?.parse().map_err(io::Error::other)?,
            "--turn" => options.turn = Duration::from_millis(value()?.parse().map_err(io::Error::other)?),
            "--only" => options.only = value()?,
            "--write" => options.write = Some(value()?.into()),
            // Cargo adds it.
            "--bench" => {}
            other => return Err(io::Error::other(format!("unknown option {other}"))),
        }
    }
    Ok(options)
}

async fn compare(options: &Options) -> io::Result<()> {
    let mut servers = Vec::new();
    for side in sides::ALL {
        match side.start()? {
            Some(server) => servers.push((side, server)),
            None => println!("{} is not installed: `benches/run` installs it", side.name),
        }
    }
    let mut results = Results::default();
    for load in loads::ALL.into_iter().filter(|load| load.to_string().contains(&options.only)) {
        let measured = measure(&servers, load, options).await?;
        println!("{measured}");
        results.loads.push(measured);
    }
    results.latencies = latencies(&servers, &results.loads, options.turn).await?;
    drop(servers);
    if let Some(folder) = &options.write {
        results.memory = memory().await?;
        results::write(folder, &results, options)?;
    }
    Ok(())
}

/// Of each server, at several parts of the rate that it has reached.
async fn latencies(
    servers: &[(Side, ServerProcess)],
    loads: &[Measured],
    time: Duration,
) -> io::Result<Vec<(&'static str, [Latency; latency::BUSY.len()])>> {
    let Some(usual) = loads.iter().find(|one| one.load == loads::USUAL) else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for (side, server) in servers {
        let most = usual.rate(side.name).unwrap_or_default();
        let mut measured = Vec::new();
        for busy in latency::BUSY {
            let rate = most * f64::from(busy) / 100.0;
            measured.push(latency::measure(server.address(), rate, time).await?);
        }
        println!("{} at {:?} % of its rate: {measured:?}", side.name, latency::BUSY);
        all.extend(measured.try_into().ok().map(|measured| (side.name, measured)));
    }
    Ok(all)
}

async fn memory() -> io::Result<Vec<(&'static str, [u64; memory::ECHOED.len()])>> {
    let mut all = Vec::new();
    for side in sides::ALL {
        all.extend(memory::measure(side).await?.map(|costs| (side.name, costs)));
    }
    Ok(all)
}

async fn measure(servers: &[(Side, ServerProcess)], load: Load, options: &Options) -> io::Result<Measured> {
    let able = servers.iter().filter(|(side, _)| side.can(&load));
    let mut measured = Measured::of(load, able.clone().map(|(side, _)| *side));
    for _ in 0..options.rounds {
        for (side, server) in able.clone() {
            let rate = turn(server, load, options.turn).await;
            let rate = rate.map_err(|error| io::Error::other(format!("{}, {load}: {error}", side.name)))?;
            measured.add(*side, rate);
        }
    }
    Ok(measured)
}

async fn turn(server: &ServerProcess, load: Load, time: Duration) -> io::Result<Rate> {
    let clients = Clients::connect(server.address(), load).await?;
    let before = server.cpu_time()?;
    let (done, took) = clients.work(time).await?;
    let busy = server.cpu_time()?.saturating_sub(before);
    settle(server).await?;
    Ok(Rate::of(done, took, busy))
}

/// Waits until the server has nothing left to do: some take seconds to give up 10,000 connections, and the next server would pay for it.
async fn settle(server: &ServerProcess) -> io::Result<()> {
    const AT_MOST: usize = 200;
    for _ in 0..AT_MOST {
        let before = server.cpu_time()?;
        tokio::time::sleep(Duration::from_millis(100)).await;
        // One tick of the clock that counts it.
        if server.cpu_time()?.saturating_sub(before) <= Duration::from_millis(10) {
            return Ok(());
        }
    }
    Ok(())
}
