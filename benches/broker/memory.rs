//! Memory for each topic that has a subscriber, and for each event that is kept.

use std::io;

use sockeye_benches::process;

use crate::{
    broker::{Broker, KEPT, Kind},
    subscribers::{self, Subscribers, TOPIC},
    worker::Worker,
};

/// How many topics keep events in process, so that the rest of the program does not count.
const KEEPERS: u64 = 100;

/// Against the number of topics that are subscribed to.
pub(crate) async fn topics() -> io::Result<()> {
    let kinds = Kind::installed();
    println!("\nOne machine subscribes to each of so many topics once; B are bytes for each topic\n");
    println!(
        "| through | topics | ms until all are confirmed | ms of CPU: hub | broker | B: hub | broker | `used_memory` |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for number in [10, 1_000, 100_000] {
        for &kind in &kinds {
            of_topics(kind, number).await?;
        }
    }
    Ok(())
}

async fn of_topics(kind: Kind, number: u64) -> io::Result<()> {
    let broker = Broker::start(kind)?;
    let mut worker = Worker::start("topics-of", &broker, number).await?;
    let (hub, server) = (worker.process(), broker.process());
    let before = [Use::of(hub)?, Use::of(server)?];
    let redis = used_memory(&broker)?;
    let milliseconds = worker.ask("go").await?;
    let [hub, server] = [Use::of(hub)?.since(before[0]), Use::of(server)?.since(before[1])];
    let redis = used_memory(&broker)?.zip(redis).map(|(after, before)| after.saturating_sub(before) / number);
    println!(
        "| {} | {number} | {milliseconds} | {} | {} | {} | {} | {} |",
        kind.name(),
        hub.cpu,
        server.cpu,
        hub.memory / number,
        server.memory / number,
        redis.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string()),
    );
    Ok(())
}

/// What a process has used so far.
#[derive(Debug, Clone, Copy, Default)]
struct Use {
    /// Milliseconds.
    cpu: u128,
    /// Bytes.
    memory: u64,
}

impl Use {
    /// Nothing, if there is no such process.
    fn of(process: Option<u32>) -> io::Result<Self> {
        let Some(process) = process else { return Ok(Self::default()) };
        Ok(Self { cpu: process::cpu_time_of(process)?.as_millis(), memory: process::memory_of(process)? })
    }

    fn since(self, before: Self) -> Self {
        let memory = self.memory.saturating_sub(before.memory);
        Self { cpu: self.cpu.saturating_sub(before.cpu), memory }
    }
}

/// What Redis says that it has allocated.
fn used_memory(broker: &Broker) -> io::Result<Option<u64>> {
    if !matches!(broker.kind, Kind::Redis | Kind::RedisHistory) {
        return Ok(None);
    }
    let answer = broker.ask(&["INFO", "memory"])?;
    let number = answer.lines().find_map(|line| line.strip_prefix("used_memory:"));
    number.map(|number| number.trim().parse()).transpose().map_err(io::Error::other)
}

/// In process, and in a stream of Redis.
pub(crate) async fn kept() -> io::Result<()> {
    let in_process = kept_in_process().await?;
    println!("\nBytes for each kept event of 128 B, {KEPT} for each topic\n");
    println!("  in process, {KEEPERS} topics: {in_process}");
    if Kind::installed().contains(&Kind::RedisHistory) {
        println!("  in Redis, `MEMORY USAGE` of a topic's stream: {}", kept_in_redis().await?);
    }
    Ok(())
}

async fn kept_in_process() -> io::Result<u64> {
    let mut worker = Worker::start("history-of", &Broker::start(Kind::Alone)?, KEEPERS).await?;
    let before = Use::of(worker.process())?;
    worker.ask("go").await?;
    Ok(Use::of(worker.process())?.since(before).memory / (KEEPERS * KEPT as u64))
}

async fn kept_in_redis() -> io::Result<u64> {
    let broker = Broker::start(Kind::RedisHistory)?;
    let hub = broker.hub();
    let (subscribers, topic) = (Subscribers::start(&hub, 1).await?, hub.topic(TOPIC));
    for _ in 0..KEPT {
        subscribers::publish(&topic, false)?;
    }
    subscribers.until(KEPT as u64).await?;
    let stream = format!("{{sockeye:{TOPIC}}}:events");
    let answer = broker.ask(&["MEMORY", "USAGE", &stream, "SAMPLES", "0"])?;
    Ok(answer.trim().parse::<u64>().map_err(io::Error::other)? / KEPT as u64)
}
