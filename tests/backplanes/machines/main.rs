//! Three servers, a proxy in front, and Redis, as processes that are stopped, killed, and cut off while events go.
#![cfg(target_os = "linux")]

mod client;
mod machine;
mod proxy;
#[path = "../redis/server.rs"]
#[expect(dead_code, reason = "most of it is for `backplane_redis`")]
mod server;

use std::{sync::Arc, time::Duration};

use sockeye::{Hub, Ready as _};
use sockeye_redis::connect;
use tokio::{sync::watch, task::JoinSet};

use self::{
    client::{Account, Client},
    machine::Machine,
    proxy::Proxy,
    server::{Redis, is_installed},
};

const CLIENTS: usize = 500;
const TOPICS: usize = 25;
const MACHINES: usize = 3;
/// How many events Redis keeps of each topic.
const KEPT: usize = 1000;

/// So many events in all; `SOCKEYE_EVENTS=100000` for a long run.
fn events() -> u32 {
    std::env::var("SOCKEYE_EVENTS").ok().and_then(|events| events.parse().ok()).unwrap_or(10_000)
}

/// A long time for each step, on a machine that does other things as well.
async fn patiently<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_mins(10), future).await.expect("it comes to an end")
}

/// Every client gets each event of its topic once and in order, whatever happens to the server that it is connected to. What a failure costs is what
/// the page of `sockeye-redis` says: events that did not reach Redis, which are counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_resume_across_restarts_kills_and_partitions() {
    if !is_installed() {
        return;
    }
    rlimit::increase_nofile_limit(8192).expect("descriptors");
    let mut redis = Redis::start(&["--appendonly", "yes"]).await;
    let to_redis: Vec<_> = {
        let mut proxies = Vec::new();
        for _ in 0..MACHINES {
            proxies.push(Proxy::start(vec![redis.port]).await);
        }
        proxies
    };
    let mut machines = Vec::new();
    for proxy in &to_redis {
        machines.push(Machine::start(proxy.port, KEPT).await);
    }
    let front = Arc::new(Proxy::start(machines.iter().map(Machine::port).collect()).await);

    let per_topic = events() / u32::try_from(TOPICS).unwrap();
    let mut clients = JoinSet::new();
    let (begun, mut connected) = watch::channel(0);
    for number in 0..CLIENTS {
        let client = Client::new(front.port, format!("t{}", number % TOPICS), per_topic);
        clients.spawn(client.run(begun.clone()));
    }
    patiently(connected.wait_for(|connected| *connected == CLIENTS)).await.unwrap();

    let (told, mut progress) = watch::channel(0);
    let hub = Hub::<u32>::builder().history(KEPT).backplane(connect(redis.url())).build();
    let publishing = tokio::spawn(publish(hub, per_topic, told));

    // Each begins when so many percent are published.
    let mut at = async |percent: u32| {
        patiently(progress.wait_for(|number| *number >= per_topic * percent / 100)).await.unwrap();
    };
    for (number, machine) in machines.iter_mut().enumerate() {
        at(10 + 5 * u32::try_from(number).unwrap()).await;
        machine.stop().await;
        machine.restart().await;
        front.set(number, machine.port());
    }
    at(40).await;
    machines[0].kill();
    machines[0].restart().await;
    front.set(0, machines[0].port());
    at(50).await;
    to_redis[1].forward(false);
    at(60).await;
    to_redis[1].forward(true);
    at(70).await;
    redis.kill();
    redis.restart().await;
    at(85).await;
    machines[2].kill();
    machines[2].restart().await;
    front.set(2, machines[2].port());

    let unsent = patiently(publishing).await.unwrap();
    let mut sum = Account::default();
    while let Some(account) = patiently(clients.join_next()).await {
        sum.add(&account.expect("a client's log is as promised"));
    }
    let due = u64::from(per_topic) * CLIENTS as u64;
    report(due, &sum);
    assert_eq!(sum.came + sum.missing, due);
    assert!(sum.missing <= unsent * (CLIENTS / TOPICS) as u64, "only what did not reach Redis: {sum:?}");
    assert!(sum.resumed > CLIENTS as u64, "each was disconnected more than once: {sum:?}");
}

#[expect(clippy::print_stderr, reason = "a long run is made for its figures")]
fn report(due: u64, sum: &Account) {
    eprintln!("{due} deliveries were due: {sum:?}");
}

/// Publishes numbers on every topic, while there is a connection. Returns of how many it is unknown whether they have reached Redis.
async fn publish(hub: Hub<u32>, per_topic: u32, told: watch::Sender<u32>) -> u64 {
    let mut unsent = 0;
    for number in 1..=per_topic {
        let mut was_cut_off = false;
        while hub.clone().ready().await.is_err() {
            was_cut_off = true;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Those before it were on their way.
        unsent += if was_cut_off { 1024 } else { 0 };
        for topic in 0..TOPICS {
            hub.topic(format!("t{topic}")).publish(&number).expect("a number");
        }
        told.send_replace(number);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Its last marks are sent before it ends.
    tokio::time::sleep(Duration::from_secs(12)).await;
    unsent
}
