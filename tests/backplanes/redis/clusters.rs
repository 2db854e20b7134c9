//! `redis+cluster://`: three masters share the topics.

use sockeye::{Delivery, Hub, Subscription};
use sockeye_tests::within;

use super::{
    cut_off, hub, next, ready,
    refusals::{COMMANDS, USER},
    server::{Redis, free_port, is_installed},
};

/// Enough that each master has some.
const TOPICS: u32 = 60;
const SLOTS: [[&str; 2]; 3] = [["0", "5000"], ["5001", "11000"], ["11001", "16383"]];

async fn node() -> (Redis, u16) {
    let bus = free_port();
    let bus_port = bus.to_string();
    let enabled = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1500", "--cluster-port", &bus_port];
    (Redis::start(&enabled).await, bus)
}

async fn meet(from: &Redis, to: &Redis, bus: u16) {
    let (port, bus) = (to.port.to_string(), bus.to_string());
    assert_eq!(from.cli(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]).await, "OK");
}

async fn agree(nodes: &[Redis]) {
    let known = format!("cluster_known_nodes:{}", nodes.len());
    for node in nodes {
        within(async {
            loop {
                let info = node.cli(&["CLUSTER", "INFO"]).await;
                if info.contains("cluster_state:ok") && info.contains(&known) {
                    return;
                }
            }
        })
        .await;
    }
}

pub(crate) async fn cluster() -> Vec<Redis> {
    let mut nodes = Vec::new();
    for slots in SLOTS {
        let (node, bus) = node().await;
        assert_eq!(node.cli(&[&["CLUSTER", "ADDSLOTSRANGE"], &slots[..]].concat()).await, "OK");
        if let Some(first) = nodes.first() {
            meet(first, &node, bus).await;
        }
        nodes.push(node);
    }
    agree(&nodes).await;
    nodes
}

pub(crate) fn url(nodes: &[Redis]) -> String {
    let hosts: Vec<_> = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
    format!("redis+cluster://{}", hosts.join(","))
}

async fn subscribe(hub: &Hub<u32>) -> Vec<Subscription<u32>> {
    let mut feeds: Vec<_> = (0..TOPICS).map(|n| hub.topic(format!("t{n}")).subscribe()).collect();
    for feed in &mut feeds {
        within(feed.confirmed()).await;
    }
    feeds
}

/// Publishes an event on every topic, which must arrive.
async fn share(here: &Hub<u32>, feeds: &mut [Subscription<u32>]) {
    (0..TOPICS).for_each(|n| _ = here.topic(format!("t{n}")).publish(&n).unwrap());
    for (n, feed) in feeds.iter_mut().enumerate() {
        assert_eq!(next(feed).await.0, n.to_string());
    }
}

async fn channels(node: &Redis) -> usize {
    node.cli(&["PUBSUB", "SHARDCHANNELS"]).await.lines().filter(|line| !line.is_empty()).count()
}

#[tokio::test]
async fn topics_are_shared_by_the_masters() {
    if !is_installed() {
        return;
    }
    let nodes = cluster().await;
    // One server is enough: it knows the others.
    let (here, there) = (hub(&url(&nodes[..1])), hub(&url(&nodes)));
    ready([&here, &there]).await;
    let mut feeds = subscribe(&there).await;
    share(&here, &mut feeds).await;
    let mut all = 0;
    for node in &nodes {
        let channels = channels(node).await;
        assert!(channels > 0, "a master has nothing to do");
        all += channels;
    }
    assert_eq!(all, TOPICS as usize);
    nodes[0].cli(&["-c", "SPUBLISH", "sockeye:t7", "42"]).await;
    assert_eq!(next(&mut feeds[7]).await, ("42".to_owned(), false));
    drop(feeds);
    for node in &nodes {
        within(async { while channels(node).await > 0 {} }).await;
    }
    // Nobody took the end of the subscriptions for a move of slots.
    assert!(sockeye::Ready::ready(there.clone()).await.is_ok());
}

/// A slot goes to another master, which ends its subscriptions at the old one.
#[tokio::test]
async fn slots_that_move_are_followed() {
    if !is_installed() {
        return;
    }
    let nodes = cluster().await;
    let (here, there) = (hub(&url(&nodes)), hub(&url(&nodes)));
    ready([&here, &there]).await;
    let mut feeds = subscribe(&there).await;
    share(&here, &mut feeds).await;
    let slot = nodes[0].cli(&["CLUSTER", "KEYSLOT", "sockeye:t0"]).await;
    let number: u32 = slot.parse().unwrap();
    let owner = SLOTS.iter().position(|slots| number <= slots[1].parse().unwrap()).unwrap();
    let (old, new) = (owner, (owner + 1) % 3);
    let id_of_old = nodes[old].cli(&["CLUSTER", "MYID"]).await;
    let id_of_new = nodes[new].cli(&["CLUSTER", "MYID"]).await;
    // As `redis-cli --cluster reshard` does it.
    for (node, state, id) in [
        (new, "IMPORTING", &id_of_old),
        (old, "MIGRATING", &id_of_new),
        (new, "NODE", &id_of_new),
        (old, "NODE", &id_of_new),
    ] {
        assert_eq!(nodes[node].cli(&["CLUSTER", "SETSLOT", &slot, state, id]).await, "OK");
    }
    let moved = &nodes[new];
    within(async {
        while !moved.cli(&["PUBSUB", "SHARDCHANNELS"]).await.lines().any(|line| line == "sockeye:t0") {}
    })
    .await;
    ready([&here, &there]).await;
    // The publisher learns of it when the old master refuses an event, which is then known as lost.
    let arrived = loop {
        here.topic("t0").publish(&7).unwrap();
        if let Delivery::Event(event) = within(feeds[0].next_or_lost()).await.unwrap() {
            break event;
        }
    };
    assert_eq!(arrived.message().as_text(), Some("7"));
}

/// A master is killed, and its replica takes over.
#[tokio::test]
async fn a_failover_in_a_cluster_is_followed() {
    if !is_installed() {
        return;
    }
    let mut nodes = cluster().await;
    let (replica, bus) = node().await;
    meet(&nodes[0], &replica, bus).await;
    nodes.push(replica);
    agree(&nodes).await;
    let master = nodes[0].cli(&["CLUSTER", "MYID"]).await;
    assert_eq!(nodes[3].cli(&["CLUSTER", "REPLICATE", &master]).await, "OK");
    within(async {
        while !nodes[3].cli(&["INFO", "replication"]).await.contains("master_link_status:up") {}
    })
    .await;
    let (here, there) = (hub(&url(&nodes)), hub(&url(&nodes)));
    ready([&here, &there]).await;
    let mut feeds = subscribe(&there).await;
    share(&here, &mut feeds).await;

    nodes[0].kill();
    cut_off(&here).await;
    cut_off(&there).await;
    ready([&here, &there]).await;
    assert!(channels(&nodes[3]).await > 0);
    share(&here, &mut feeds).await;
}

#[tokio::test]
async fn the_permissions_of_the_page_are_enough_in_a_cluster() {
    if !is_installed() {
        return;
    }
    let nodes = cluster().await;
    let more = ["+cluster|slots", "+spublish", "+ssubscribe", "+sunsubscribe"];
    for node in &nodes {
        assert_eq!(node.cli(&[&USER[..], &COMMANDS, &more].concat()).await, "OK");
    }
    let url = url(&nodes).replace("://", "://ann:secret@");
    let (here, there) = (hub(&url), hub(&url));
    ready([&here, &there]).await;
    let mut feeds = subscribe(&there).await;
    share(&here, &mut feeds).await;
}

#[tokio::test]
async fn a_server_without_a_cluster_is_named() {
    if !is_installed() {
        return;
    }
    let redis = Redis::start(&[]).await;
    let reason = cut_off(&hub(&redis.url().replace("redis://", "redis+cluster://"))).await;
    assert!(reason.contains("cluster support disabled"), "{reason}");
}
