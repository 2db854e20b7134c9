//! Thousands of clients come and go in every ugly way: each connection has one event for its beginning and one for its
//! end, and nothing is left.

mod ways;

use std::{collections::BTreeMap, time::Duration};

use sockeye::{Server, testing::TestClient};
use sockeye_tests::{PATIENCE, dial, logs, start};
use tokio::runtime::Runtime;

use ways::{CLIENTS, HANDLERS, ROUNDS, come_and_go, hide_panics, runtime};

/// Each connection began once and ended once; whoever saw a 101 had one. All clients have one address, so most of the ends that
/// break a rule are told in sums.
fn judge(endpoint: &str, clients: &BTreeMap<String, bool>) {
    let events = logs::with("endpoint", endpoint);
    let count = |message: &str| {
        let mut counts = BTreeMap::new();
        for line in events.iter().filter(|line| line.get("message") == message) {
            *counts.entry(line.get("peer").to_owned()).or_insert(0) += 1;
        }
        counts
    };
    let (opened, closed) = (count("connection accepted"), count("connection closed"));
    assert_eq!(clients.len(), HANDLERS * CLIENTS * ROUNDS, "each has an address of its own");
    let sums = events.iter().filter(|line| line.get("message") == "more connections closed");
    let summed: usize = sums.map(|line| line.get("times").parse::<usize>().expect("a number")).sum();
    assert_eq!(opened.len(), closed.len() + summed, "what begins ends");
    assert!(opened.values().chain(closed.values()).all(|times| *times == 1), "once");
    assert!(closed.keys().all(|peer| opened.contains_key(peer)), "what ends has begun");
    assert!(opened.keys().all(|peer| clients.contains_key(peer)), "nobody else was here");
    for (peer, _) in clients.iter().filter(|(_, accepted)| **accepted) {
        assert!(opened.contains_key(peer), "{peer} saw a 101");
    }
    assert!(opened.len() > clients.len() / 3, "most got in: {} of {}", opened.len(), clients.len());
}

/// A task is counted for a moment after it has ended.
async fn no_task_is_left(runtime: &Runtime) {
    let none = async {
        while runtime.metrics().num_alive_tasks() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, none).await.expect("no task is left");
}

#[test]
fn over_real_sockets_every_beginning_has_its_end() {
    logs::listen();
    hide_panics();
    let (theirs, ours) = (runtime(), runtime());
    let mut server = theirs.block_on(start(Server::new()));
    let addr = server.addr;
    let clients = ours.block_on(come_and_go("/wire", async || {
        let stream = dial(addr).await;
        let peer = stream.local_addr().expect("an address");
        (stream, peer)
    }));
    server.stop();
    theirs.block_on(server.ended());
    ours.block_on(no_task_is_left(&theirs));
    judge("wire", &clients);
}

#[test]
fn over_pipes_every_beginning_has_its_end() {
    logs::listen();
    hide_panics();
    let runtime = runtime();
    let client = runtime.block_on(TestClient::new(Server::new())).unwrap();
    let clients = runtime.block_on(async {
        let clients = come_and_go("/pipe", async || {
            let stream = client.stream();
            let peer = stream.peer();
            (stream, peer)
        })
        .await;
        client.assert_idle().await;
        client.shutdown().await.unwrap();
        clients
    });
    runtime.block_on(no_task_is_left(&runtime));
    judge("pipe", &clients);
}
