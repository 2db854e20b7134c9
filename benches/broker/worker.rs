//! This program again, as another machine: it says `ready`, and then answers each line with one.

use std::{env, io, process::Stdio, time::Instant};

use sockeye::Hub;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines, Stdin, stdin},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::{
    broker::{Broker, KEPT},
    subscribers::{self, Subscribers, patiently},
};

/// A process, which ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    pub(crate) async fn start(role: &str, broker: &Broker, number: u64) -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.args([role, broker.kind.name(), &broker.url, &number.to_string()]).kill_on_drop(true);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let gone = || io::Error::other("no pipe to the process");
        let input = child.stdin.take().ok_or_else(gone)?;
        let output = BufReader::new(child.stdout.take().ok_or_else(gone)?).lines();
        let mut worker = Self { child, input, output };
        worker.line().await?;
        Ok(worker)
    }

    pub(crate) fn process(&self) -> Option<u32> {
        self.child.id()
    }

    pub(crate) async fn ask(&mut self, question: &str) -> io::Result<String> {
        self.input.write_all(format!("{question}\n").as_bytes()).await?;
        self.line().await
    }

    async fn line(&mut self) -> io::Result<String> {
        patiently(self.output.next_line()).await??.ok_or_else(|| io::Error::other("the process has ended"))
    }
}

/// The lines that the other side of [`Worker::ask`] gets.
fn questions() -> Lines<BufReader<Stdin>> {
    println!("ready");
    BufReader::new(stdin()).lines()
}

/// Subscribers of one topic. `until` and a number waits for so many events; `latencies` lists those since the last time.
pub(crate) async fn subscribe(broker: &Broker, number: u64) -> io::Result<()> {
    let hub = broker.hub();
    let subscribers = Subscribers::start(&hub, number).await?;
    let mut questions = questions();
    while let Some(question) = questions.next_line().await? {
        if let Some(events) = question.strip_prefix("until ") {
            subscribers.until(events.parse().map_err(io::Error::other)?).await?;
            println!("done");
        } else {
            let latencies: Vec<String> = subscribers.latencies().iter().map(u64::to_string).collect();
            println!("{}", latencies.join(" "));
        }
    }
    Ok(())
}

/// One subscription for each of so many topics. Any line starts it; the answer is the milliseconds that it took.
pub(crate) async fn topics(broker: &Broker, number: u64) -> io::Result<()> {
    let hub = broker.hub();
    connected(&hub).await?;
    let (mut questions, mut feeds) = (questions(), Vec::new());
    while questions.next_line().await?.is_some() {
        let start = Instant::now();
        feeds.extend((0..number).map(|topic| hub.topic(name(topic)).subscribe()));
        for feed in &mut feeds {
            patiently(feed.confirmed()).await?;
        }
        println!("{}", start.elapsed().as_millis());
    }
    Ok(())
}

/// So many topics, each with all events that its history holds, and nobody who listens.
pub(crate) async fn keep(number: u64) -> io::Result<()> {
    let hub = Hub::<String>::builder().history(KEPT).build();
    let mut questions = questions();
    while questions.next_line().await?.is_some() {
        for topic in (0..number).map(|topic| hub.topic(name(topic))) {
            for _ in 0..KEPT {
                subscribers::publish(&topic, false)?;
            }
        }
        println!("done");
    }
    Ok(())
}

/// Waits until the broker has answered the hub.
pub(crate) async fn connected(hub: &Hub<String>) -> io::Result<()> {
    patiently(hub.topic("connected").subscribe().confirmed()).await
}

/// As applications name them, 16 bytes long.
fn name(topic: u64) -> String {
    format!("workflow:{topic:07}")
}
