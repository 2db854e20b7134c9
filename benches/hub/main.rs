//! What it costs to bring an event to everybody who listens: a `Hub`, and `tokio::sync::broadcast` with what one writes
//! around it by hand.
//!
//! ```text
//! cargo bench -p sockeye-benches --bench hub
//! ```
//!
//! Subscribers are tasks of one thread; each takes an event and has it as a message that is ready to be sent. Everybody has
//! it before the next is published, so nobody is slow. The sides take turns; what is counted is CPU time, which
//! other work on the machine disturbs less than the clock.

#![allow(clippy::print_stdout, reason = "the numbers are what the program is for")]

mod sides;

use std::{
    hint::black_box,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::Serialize;
use sockeye_benches::process;
use tokio::task::{JoinSet, yield_now};

use sides::{EachEncodes, EncodedOnce, OurHub, Side};

/// How often each side has its turn, and how long that is.
const ROUNDS: usize = 5;
const TURN: Duration = Duration::from_secs(1);

/// What is asked of a side.
#[derive(Debug, Clone, Copy)]
struct Load {
    subscribers: u64,
    /// How many events are published before anybody takes one.
    burst: u64,
}

const LOADS: [Load; 4] = [
    Load { subscribers: 1, burst: 1 },
    Load { subscribers: 100, burst: 1 },
    Load { subscribers: 100, burst: 10 },
    Load { subscribers: 10_000, burst: 1 },
];

/// An event as dashboards get them: about 150 bytes of JSON.
#[derive(Debug, Serialize)]
struct Progress {
    workflow: u64,
    step: &'static str,
    state: Option<&'static str>,
    percent: f64,
    seconds: Vec<u32>,
}

const EVENT: Progress = Progress {
    workflow: 8_412_733,
    step: "collect samples from the second tray",
    state: Some("running"),
    percent: 61.25,
    seconds: Vec::new(),
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    for load in LOADS {
        let (mut ours, mut each, mut once) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(turn::<OurHub>(load).await?);
            each.push(turn::<EachEncodes>(load).await?);
            once.push(turn::<EncodedOnce>(load).await?);
        }
        print(load, median(ours), median(each), median(once));
    }
    Ok(())
}

/// Events taken for each second of CPU time.
async fn turn<S: Side>(load: Load) -> io::Result<f64> {
    let side = S::new();
    let taken = Arc::new(AtomicU64::new(0));
    let mut subscribers = JoinSet::new();
    for _ in 0..load.subscribers {
        let (mut feed, taken) = (side.subscribe(), Arc::clone(&taken));
        subscribers.spawn(async move {
            loop {
                black_box(S::take(&mut feed).await);
                taken.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    yield_now().await;
    let event = Arc::new(Progress { seconds: vec![12, 7, 90, 4], ..EVENT });
    let (began, before, mut due) = (Instant::now(), process::own_cpu_time()?, 0);
    while began.elapsed() < TURN {
        (0..load.burst).for_each(|_| side.publish(black_box(&event)));
        due += load.burst * load.subscribers;
        while taken.load(Ordering::Relaxed) < due {
            yield_now().await;
        }
    }
    Ok(per(due, process::own_cpu_time()?.saturating_sub(before)))
}

#[allow(clippy::cast_precision_loss, reason = "a count of events is far below 2^52")]
fn per(events: u64, time: Duration) -> f64 {
    events as f64 / time.as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn print(Load { subscribers, burst }: Load, ours: f64, each: f64, once: f64) {
    println!(
        "{subscribers} subscribers, {burst} published at once; events taken/s of CPU, median of {ROUNDS} turns"
    );
    println!("  hub                             {ours:>10.0}");
    println!("  broadcast, each encodes         {each:>10.0}   ratio {:.2}", ours / each);
    println!("  broadcast of encoded messages   {once:>10.0}   ratio {:.2}", ours / once);
}
