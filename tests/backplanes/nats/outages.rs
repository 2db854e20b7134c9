//! The server is killed, stands still, or is not there yet.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sockeye::{Delivery, Hub, Subscription};
use sockeye_tests::{logs, within};
use tokio::time::{sleep, timeout};

use crate::{Server, connected, hub, next, publish, ready, subscribed, unready};

#[tokio::test]
async fn a_server_that_is_killed_is_an_outage_of_which_everyone_is_told() {
    logs::listen();
    let Some(server) = Server::start("").await else { return };
    let (here, there) = (connected(&server).await, connected(&server).await);
    let (mut near, mut far) = (subscribed(&here, "t").await, subscribed(&there, "t").await);
    publish(&here, "t", "1");
    assert_eq!([next(&mut near).await.0, next(&mut far).await.0], ["\"1\"", "\"1\""]);
    let port = server.port;
    drop(server);
    for hub in [&here, &there] {
        let reason = unready(hub).await;
        assert!(reason.starts_with("the backplane is not connected: "), "{reason}");
    }
    assert!(!logs::with("rule", "backplane_lost").is_empty());
    publish(&here, "t", "2");
    assert_eq!(next(&mut near).await, ("\"2\"".to_owned(), true), "the publisher's own machine has it");
    let Delivery::Lost(lost) = within(far.next_or_lost()).await.expect("the hub is there") else {
        panic!("it came")
    };
    assert!(lost.after_outage);

    let Some(_server) = Server::start_on(port, "").await else { return };
    within(near.confirmed()).await;
    within(far.confirmed()).await;
    publish(&there, "t", "3");
    assert_eq!(next(&mut near).await, ("\"3\"".to_owned(), true));
    assert_eq!(next(&mut far).await, ("\"3\"".to_owned(), true));
    publish(&here, "t", "4");
    assert_eq!(next(&mut far).await.0, "\"4\"");
}

/// Its connections stay as they are, and nothing comes any more.
#[tokio::test]
async fn a_server_that_stands_still_is_noticed() {
    let Some(server) = Server::start("").await else { return };
    let (here, there) = (connected(&server).await, connected(&server).await);
    let mut far = subscribed(&there, "t").await;
    server.signal("STOP");
    publish(&here, "t", "1");
    for hub in [&here, &there] {
        let reason = unready(hub).await;
        assert!(
            reason.contains("NATS has not answered for 5 seconds") || reason.contains("NATS at "),
            "{reason}"
        );
    }
    server.signal("CONT");
    ready(&here).await;
    ready(&there).await;
    within(far.confirmed()).await;
    publish(&here, "t", "2");
    while next(&mut far).await.0 != "\"2\"" {}
}

#[tokio::test]
async fn a_server_that_is_not_there_yet_is_waited_for() {
    let Some(server) = Server::start("").await else { return };
    let (port, url) = (server.port, server.url());
    drop(server);
    let hub = hub(sockeye_nats::connect(format!("nats://127.0.0.1:1,{url}")));
    let mut feed = hub.topic("t").subscribe();
    let reason = unready(&hub).await;
    assert!(
        reason.contains(&format!("cannot connect to NATS at 127.0.0.1:1, 127.0.0.1:{port}: ")),
        "{reason}"
    );
    let Some(server) = Server::start_on(port, "").await else { return };
    within(feed.confirmed()).await;
    server.publish("sockeye.t", &["1"]).await;
    assert_eq!(next(&mut feed).await, ("1".to_owned(), true));
}

/// Publishes numbers in order until it is told to stop. Returns how many.
async fn keep_publishing(hub: Hub<String>, stop: Arc<AtomicBool>) -> u64 {
    let mut numbers = 0;
    while !stop.load(Ordering::Relaxed) {
        (numbers..numbers + 20).for_each(|number| publish(&hub, "t", &number.to_string()));
        numbers += 20;
        sleep(Duration::from_millis(1)).await;
    }
    numbers
}

#[derive(Debug, Default)]
struct Account {
    came: u64,
    counted: u64,
    next: u64,
    announced: bool,
    faults: BTreeMap<&'static str, u64>,
}

impl Account {
    fn enter(&mut self, delivery: Delivery<String>) {
        let (event, lost) = match delivery {
            Delivery::Event(event) => (event.message().as_text().map(str::to_owned), event.lost()),
            Delivery::Lost(lost) => (None, lost),
        };
        self.counted += lost.unreceived + lost.missed;
        self.announced |= !lost.is_nothing();
        let Some(event) = event else { return };
        let number: u64 = event.trim_matches('"').parse().expect("a number");
        self.came += 1;
        if number < self.next {
            *self.faults.entry("twice or late").or_default() += 1;
        } else if number > self.next && !self.announced {
            *self.faults.entry("missing without a word").or_default() += 1;
        }
        (self.next, self.announced) = (number + 1, false);
    }
}

async fn read(mut feed: Subscription<String>, total: Arc<std::sync::OnceLock<u64>>) -> Account {
    let mut account = Account::default();
    let all = async {
        while total.get().is_none_or(|total| account.came + account.counted < *total) {
            if let Ok(delivery) = timeout(Duration::from_millis(100), feed.next_or_lost()).await {
                account.enter(delivery.expect("the hub is there"));
            }
        }
    };
    // What is missing then is seen by whoever asked.
    _ = timeout(Duration::from_secs(40), all).await;
    account
}

/// Everything that is published under load around six outages comes or is counted, in order, and nothing comes twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_is_published_around_outages_comes_or_is_counted() {
    let Some(mut server) = Server::start("").await else { return };
    let (here, there) = (connected(&server).await, connected(&server).await);
    let far = subscribed(&there, "t").await;
    let stop = Arc::new(AtomicBool::new(false));
    let publisher = tokio::spawn(keep_publishing(here.clone(), Arc::clone(&stop)));
    let total = Arc::default();
    let reader = tokio::spawn(read(far, Arc::clone(&total)));
    for _ in 0..6 {
        sleep(Duration::from_millis(400)).await;
        let port = server.port;
        drop(server);
        sleep(Duration::from_millis(150)).await;
        server = Server::start_on(port, "").await.expect("it started before");
    }
    sleep(Duration::from_millis(400)).await;
    stop.store(true, Ordering::Relaxed);
    let all = publisher.await.expect("it publishes");
    total.set(all).expect("once");
    let account = reader.await.expect("it reads");
    assert!(account.faults.is_empty(), "{account:?}");
    assert_eq!(account.came + account.counted, all, "{account:?}");
    assert!(account.counted > 0, "nothing was lost, so this shows nothing");
}
