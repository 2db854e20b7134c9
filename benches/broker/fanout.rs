//! Events of 128 bytes, published by one process and delivered on others.

use std::{
    io,
    time::{Duration, Instant},
};

use sockeye::{Hub, Topic};
use sockeye_benches::process;
use tokio::time::sleep;

use crate::{
    broker::{Broker, Kind},
    subscribers::{Subscribers, TOPIC, publish},
    worker::{self, Worker},
};

/// How often each kind has its turn, and how long its part with many events is.
const ROUNDS: usize = 3;
const TURN: Duration = Duration::from_secs(1);

/// How many events are published before the publisher waits for them: many share a packet, or none.
const BURSTS: [u64; 2] = [64, 1];

/// For the latencies: events one by one, and the time between them.
const ALONE: u64 = 200;
const PAUSE: Duration = Duration::from_millis(5);

/// Where the events go.
#[derive(Debug, Clone, Copy)]
struct Load {
    machines: u64,
    /// On each machine.
    subscribers: u64,
    burst: u64,
}

/// What one turn costs.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    /// Microseconds of CPU for each event.
    publisher: f64,
    subscribers: f64,
    broker: f64,
    /// Deliveries for each second of CPU of the subscribers' processes, and of all processes.
    own_rate: f64,
    rate: f64,
    /// Microseconds.
    p50: f64,
    p99: f64,
}

/// Against the number of subscribers.
pub(crate) async fn kinds() -> io::Result<()> {
    let kinds = Kind::installed();
    heading();
    for subscribers in [1, 100, 1000] {
        compare(&kinds, Load { machines: 1, subscribers, burst: BURSTS[0] }).await?;
    }
    Ok(())
}

/// Against the number of processes that subscribe.
pub(crate) async fn machines() -> io::Result<()> {
    let kinds: Vec<Kind> = Kind::installed().into_iter().filter(|&kind| kind != Kind::Alone).collect();
    heading();
    for burst in BURSTS {
        for machines in [1, 2, 4] {
            compare(&kinds, Load { machines, subscribers: 100, burst }).await?;
        }
    }
    Ok(())
}

fn heading() {
    println!(
        "\nDelivering events of 128 B; bursts, then one every {PAUSE:?}; median of {ROUNDS} turns (least to greatest)\n"
    );
    println!(
        "| through | burst | machines × subscribers | deliveries/s of CPU, subscribers' processes | all processes | \
         µs of CPU an event: publisher | broker | subscribers | p50 µs | p99 µs |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
}

async fn compare(kinds: &[Kind], load: Load) -> io::Result<()> {
    let mut costs = vec![Vec::new(); kinds.len()];
    for _ in 0..ROUNDS {
        for (kind, costs) in kinds.iter().zip(&mut costs) {
            costs.push(turn(*kind, load).await?);
        }
    }
    for (kind, costs) in kinds.iter().zip(&costs) {
        let column = |measure: fn(&Cost) -> f64| spread(costs.iter().map(measure).collect());
        println!(
            "| {} | {} | {} × {} | {} | {} | {} | {} | {} | {} | {} |",
            kind.name(),
            load.burst,
            load.machines,
            load.subscribers,
            column(|cost| cost.own_rate),
            column(|cost| cost.rate),
            column(|cost| cost.publisher),
            column(|cost| cost.broker),
            column(|cost| cost.subscribers),
            column(|cost| cost.p50),
            column(|cost| cost.p99),
        );
    }
    Ok(())
}

fn spread(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    let digits = usize::from(values[values.len() / 2] < 100.0);
    let (least, greatest) = (values[0], values[values.len() - 1]);
    format!("{:.digits$} ({least:.digits$} to {greatest:.digits$})", values[values.len() / 2])
}

async fn turn(kind: Kind, load: Load) -> io::Result<Cost> {
    let broker = Broker::start(kind)?;
    let hub = broker.hub();
    worker::connected(&hub).await?;
    let mut audience = Audience::start(&hub, &broker, load).await?;
    let topic = hub.topic(TOPIC);
    // The first burst is not counted: connections, queues, and scripts are new.
    let mut total = burst(&topic, &mut audience, load, 0).await?;
    let (start, before, first) = (Instant::now(), times(&broker, &audience)?, total);
    while start.elapsed() < TURN {
        total = burst(&topic, &mut audience, load, total).await?;
    }
    let [publisher, of_broker, subscribers] = spent(before, times(&broker, &audience)?);
    for _ in 0..ALONE {
        publish(&topic, true)?;
        sleep(PAUSE).await;
    }
    audience.until((total + ALONE) * load.subscribers).await?;
    let latencies = audience.latencies().await?;
    let events = float(total - first);
    let deliveries = events * float(load.machines * load.subscribers);
    let own = if kind == Kind::Alone { publisher } else { subscribers };
    Ok(Cost {
        publisher: publisher * 1e6 / events,
        subscribers: subscribers * 1e6 / events,
        broker: of_broker * 1e6 / events,
        own_rate: deliveries / own,
        rate: deliveries / (publisher + of_broker + subscribers),
        p50: percentile(&latencies, 50),
        p99: percentile(&latencies, 99),
    })
}

/// Publishes, waits until all have it, and returns the number of events so far.
async fn burst(topic: &Topic<String>, audience: &mut Audience, load: Load, total: u64) -> io::Result<u64> {
    (0..load.burst).try_for_each(|_| publish(topic, false))?;
    let total = total + load.burst;
    audience.until(total * load.subscribers).await?;
    Ok(total)
}

/// CPU time of the publisher, the broker, and the subscribers' processes.
fn times(broker: &Broker, audience: &Audience) -> io::Result<[Duration; 3]> {
    let of_broker = broker.process().map(process::cpu_time_of).transpose()?.unwrap_or_default();
    Ok([process::own_cpu_time()?, of_broker, audience.cpu_time()?])
}

/// Seconds between the two.
fn spent(before: [Duration; 3], after: [Duration; 3]) -> [f64; 3] {
    std::array::from_fn(|part| after[part].saturating_sub(before[part]).as_secs_f64())
}

/// Those who get the events.
enum Audience {
    Here(Subscribers),
    Machines(Vec<Worker>),
}

impl Audience {
    async fn start(hub: &Hub<String>, broker: &Broker, load: Load) -> io::Result<Self> {
        if broker.kind == Kind::Alone {
            return Ok(Self::Here(Subscribers::start(hub, load.subscribers).await?));
        }
        let mut machines = Vec::new();
        for _ in 0..load.machines {
            machines.push(Worker::start("subscribers", broker, load.subscribers).await?);
        }
        Ok(Self::Machines(machines))
    }

    /// Waits until each machine has delivered so many.
    async fn until(&mut self, deliveries: u64) -> io::Result<()> {
        match self {
            Self::Here(subscribers) => subscribers.until(deliveries).await,
            Self::Machines(machines) => {
                for machine in machines {
                    machine.ask(&format!("until {deliveries}")).await?;
                }
                Ok(())
            }
        }
    }

    /// Sorted.
    async fn latencies(&mut self) -> io::Result<Vec<u64>> {
        let mut all = Vec::new();
        match self {
            Self::Here(subscribers) => all = subscribers.latencies(),
            Self::Machines(machines) => {
                for machine in machines {
                    let answer = machine.ask("latencies").await?;
                    all.extend(answer.split(' ').filter_map(|number| number.parse::<u64>().ok()));
                }
            }
        }
        all.sort_unstable();
        Ok(all)
    }

    /// Of the subscribers' own processes.
    fn cpu_time(&self) -> io::Result<Duration> {
        match self {
            Self::Here(_) => Ok(Duration::ZERO),
            Self::Machines(machines) => {
                machines.iter().filter_map(Worker::process).map(process::cpu_time_of).sum()
            }
        }
    }
}

/// In microseconds.
fn percentile(sorted: &[u64], percent: usize) -> f64 {
    sorted.get(sorted.len() * percent / 100).map_or(0.0, |&nanoseconds| float(nanoseconds) / 1e3)
}

#[allow(clippy::cast_precision_loss, reason = "counts and latencies are far below 2^52")]
fn float(number: u64) -> f64 {
    number as f64
}
