//! What an event costs that reaches its subscribers through a broker, and what topics and kept events cost in memory.
//!
//! ```text
//! cargo bench -p sockeye-benches --bench broker             # everything; about five minutes
//! cargo bench -p sockeye-benches --bench broker -- fanout   # or machines, topics, kept
//! ```
//!
//! This process publishes and starts the brokers. Subscribers are in processes of their own, except where there is no broker. Every
//! process of Sockeye has one thread. The kinds take turns. Rates are for each second of CPU time, which other work on the
//! machine disturbs less than the clock; latencies are by the clock.

#![allow(clippy::print_stdout, reason = "the numbers are what the program is for")]

mod broker;
mod fanout;
mod memory;
mod subscribers;
mod worker;

use std::{env, io};

use broker::{Broker, Kind};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [role @ ("subscribers" | "topics-of" | "history-of"), kind, url, number] => {
            let broker = Broker::at(Kind::of(kind)?, url);
            let number = number.parse().map_err(io::Error::other)?;
            match role {
                "subscribers" => worker::subscribe(&broker, number).await,
                "topics-of" => worker::topics(&broker, number).await,
                _ => worker::keep(number).await,
            }
        }
        [] => {
            fanout::kinds().await?;
            fanout::machines().await?;
            memory::topics().await?;
            memory::kept().await
        }
        ["fanout"] => fanout::kinds().await,
        ["machines"] => fanout::machines().await,
        ["topics"] => memory::topics().await,
        ["kept"] => memory::kept().await,
        _ => Err(io::Error::other("one of fanout, machines, topics, kept, or nothing")),
    }
}
