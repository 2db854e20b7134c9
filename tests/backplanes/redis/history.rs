//! Histories that Redis keeps: a client resumes on any machine.

use std::time::Duration;

use sockeye::{Delivery, Hub, Position, Ready as _, Subscription};
use sockeye_redis::connect;
use sockeye_tests::within;
use tokio::time::timeout;

use super::{
    clusters, cut_off, ready,
    refusals::{COMMANDS, USER},
    server::{Redis, is_installed},
};

fn hub(url: &str, events: usize) -> Hub<u32> {
    Hub::builder().history(events).backplane(connect(url)).build()
}

async fn from(hub: &Hub<u32>, topic: &str, position: Position) -> Subscription<u32> {
    let mut feed = hub.topic(topic).subscribe_from(position);
    within(feed.confirmed()).await;
    feed
}

fn publish(hub: &Hub<u32>, numbers: std::ops::RangeInclusive<u32>) {
    numbers.for_each(|number| _ = hub.topic("t").publish(&number).unwrap());
}

/// The events up to this one, and how many are known to be lost; many, if that is unknown. The position after the last.
async fn up_to(feed: &mut Subscription<u32>, end: u32) -> (Vec<u32>, u64, Position) {
    let (mut numbers, mut missing) = (Vec::new(), 0);
    loop {
        let delivery = within(feed.next_or_lost()).await.expect("the hub is there");
        let (event, lost) = match delivery {
            Delivery::Event(event) => (Some(event.clone()), event.lost()),
            Delivery::Lost(lost) => (None, lost),
        };
        missing += lost.unreceived + lost.missed + if lost.after_outage { 1_000_000 } else { 0 };
        let Some(event) = event else { continue };
        numbers.push(event.message().as_text().expect("text").parse().expect("a number"));
        if numbers.last() == Some(&end) {
            return (numbers, missing, event.position().expect("a position"));
        }
    }
}

#[tokio::test]
async fn a_client_resumes_on_another_machine_and_after_a_restart() {
    if !is_installed() {
        return;
    }
    let redis = Redis::start(&[]).await;
    let (here, there) = (hub(&redis.url(), 100), hub(&redis.url(), 100));
    ready([&here, &there]).await;
    let mut feed = from(&here, "t", Position::OLDEST).await;
    publish(&there, 1..=5);
    let (begun, lost, position) = up_to(&mut feed, 3).await;
    assert_eq!((begun, lost), (vec![1, 2, 3], 0));
    drop((feed, here));
    publish(&there, 6..=8);

    let restarted = hub(&redis.url(), 100);
    let mut resumed = from(&restarted, "t", position).await;
    assert_eq!(resumed.gap(), None);
    publish(&restarted, 9..=10);
    let (numbers, lost, end) = up_to(&mut resumed, 10).await;
    assert_eq!((numbers, lost), ((4..=10).collect(), 0));

    let mut behind = from(&there, "t", end).await;
    publish(&restarted, 11..=200);
    assert_eq!(up_to(&mut behind, 200).await.0, (11..=200).collect::<Vec<_>>());
    drop(behind);
    let mut late = from(&there, "t", end).await;
    assert_eq!(late.gap().and_then(|gap| gap.missed), Some(90), "100 are kept");
    assert_eq!(up_to(&mut late, 200).await.0, (101..=200).collect::<Vec<_>>());
}

#[tokio::test]
async fn nothing_is_lost_when_the_connections_of_a_machine_break() {
    if !is_installed() {
        return;
    }
    let redis = Redis::start(&[]).await;
    let (here, there) = (hub(&redis.url(), 1000), hub(&redis.url(), 1000));
    ready([&here, &there]).await;
    let mut feed = from(&there, "t", Position::OLDEST).await;
    for round in 0..5 {
        publish(&here, round * 100 + 1..=round * 100 + 50);
        // Those that subscribe; the publisher's stays.
        redis.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
        publish(&here, round * 100 + 51..=round * 100 + 100);
        ready([&here, &there]).await;
    }
    publish(&here, 501..=501);
    let (numbers, lost, _) = up_to(&mut feed, 501).await;
    // A machine's two connections are one: what it had not sent when one of them broke is counted.
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    assert!(numbers.len() as u64 + lost >= 501, "{} came, {lost} are counted", numbers.len());
}

#[tokio::test]
async fn a_redis_that_has_lost_its_data_begins_another_epoch() {
    if !is_installed() {
        return;
    }
    let mut redis = Redis::start(&[]).await;
    let (here, there) = (hub(&redis.url(), 100), hub(&redis.url(), 100));
    ready([&here, &there]).await;
    let mut feed = from(&there, "t", Position::OLDEST).await;
    publish(&here, 1..=3);
    let (_, _, position) = up_to(&mut feed, 3).await;

    redis.cli(&["FLUSHALL"]).await;
    publish(&here, 4..=5);
    let (numbers, lost, _) = up_to(&mut feed, 5).await;
    assert_eq!((numbers, lost), (vec![4, 5], 1_000_000), "its subscribers know");
    let resumed = from(&there, "t", position).await;
    within(async {
        while resumed.gap().is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(resumed.gap().expect("it is gone").missed, None);

    redis.cli(&["SCRIPT", "FLUSH"]).await;
    publish(&here, 6..=6);
    cut_off(&here).await;
    ready([&here, &there]).await;
    publish(&here, 7..=7);
    assert_eq!(up_to(&mut feed, 7).await.0.last(), Some(&7), "the scripts are there again");

    // As a snapshot does that is older than the last events.
    redis.cli(&["HSET", "{sockeye:t}:topic", "events", "1"]).await;
    redis.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
    let again = within(async {
        for number in 100.. {
            publish(&here, number..=number);
            if let Ok(delivery) = timeout(Duration::from_millis(50), feed.next_or_lost()).await
                && let Delivery::Event(event) = delivery.unwrap()
            {
                return event.position().expect("a position");
            }
        }
        unreachable!("it is numbered again")
    });
    let again = again.await.to_string();
    let (epoch, _) = again.split_once('-').expect("an epoch");
    assert_ne!(position.to_string().split_once('-').expect("an epoch").0, epoch);

    redis.kill();
    cut_off(&here).await;
    cut_off(&there).await;
    redis.restart().await;
    ready([&here, &there]).await;
    publish(&here, 8..=8);
    let (numbers, lost, _) = up_to(&mut feed, 8).await;
    assert!(numbers.iter().rev().skip(1).all(|number| *number > 100), "nothing comes twice: {numbers:?}");
    assert!(lost >= 1_000_000, "{lost}");
}

#[tokio::test]
async fn the_permissions_of_the_page_are_enough() {
    if !is_installed() {
        return;
    }
    let redis = Redis::start(&[]).await;
    let scripts =
        ["+evalsha", "+script|load", "+hget", "+hset", "+hincrby", "+del", "+time", "+xadd", "+xrevrange"];
    let rest = ["+pexpire", "+pttl", "~*sockeye:*"];
    assert_eq!(redis.cli(&[&USER[..], &COMMANDS, &scripts, &rest].concat()).await, "OK");
    let url = format!("redis://ann:secret@127.0.0.1:{}", redis.port);
    let (here, there) = (hub(&url, 10), hub(&url, 10));
    ready([&here, &there]).await;
    publish(&here, 1..=2);
    let mut feed = from(&there, "t", Position::OLDEST).await;
    publish(&here, 3..=3);
    assert_eq!(up_to(&mut feed, 3).await.0.last(), Some(&3));
    assert_eq!(redis.cli(&["KEYS", "*"]).await.lines().count(), 2, "a hash and a stream");
}

/// Redis limits what it sends to a connection with subscriptions: histories do not go there.
#[tokio::test]
async fn histories_that_are_larger_than_what_subscribers_may_be_sent_are_read() {
    if !is_installed() {
        return;
    }
    let limit = ["--client-output-buffer-limit", "pubsub 64kb 64kb 1"];
    let redis = Redis::start(&limit).await;
    let here = Hub::<String>::builder().history(100).backplane(connect(redis.url())).build();
    let there = Hub::<String>::builder().history(100).backplane(connect(redis.url())).build();
    within(async { while here.clone().ready().await.is_err() || there.clone().ready().await.is_err() {} })
        .await;
    let large = "x".repeat(10_000);
    for topic in 0..20 {
        (0..20).for_each(|_| _ = here.topic(format!("t{topic}")).publish(&large).unwrap());
    }
    let mut feeds: Vec<_> =
        (0..20).map(|topic| there.topic(format!("t{topic}")).subscribe_from(Position::OLDEST)).collect();
    for feed in &mut feeds {
        for _ in 0..20 {
            let event = within(feed.next()).await.unwrap();
            assert!(event.lost().is_nothing() && event.message().len() == large.len() + 2);
        }
    }
}

/// Both publish as fast as they can; all machines see one order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn machines_that_publish_at_once_see_one_order() {
    if !is_installed() {
        return;
    }
    let redis = Redis::start(&[]).await;
    let hubs = [hub(&redis.url(), 10_000), hub(&redis.url(), 10_000)];
    ready([&hubs[0], &hubs[1]]).await;
    let mut feeds =
        [from(&hubs[0], "t", Position::OLDEST).await, from(&hubs[1], "t", Position::OLDEST).await];
    let publishing = hubs.clone().map(|hub| {
        tokio::spawn(async move {
            for number in 0..2_000 {
                hub.topic("t").publish(&number).unwrap();
                if number % 100 == 0 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        })
    });
    for task in publishing {
        within(task).await.unwrap();
    }
    let mut orders = Vec::new();
    for feed in &mut feeds {
        let mut order = Vec::new();
        for _ in 0..4_000 {
            let event = within(feed.next()).await.unwrap();
            assert!(event.lost().is_nothing(), "{:?}", event.lost());
            order.push((event.position().unwrap(), event.message().as_text().unwrap().to_owned()));
        }
        orders.push(order);
    }
    assert!(orders[0] == orders[1], "two orders");
}

#[tokio::test]
async fn a_cluster_keeps_histories_of_topics_of_any_name() {
    if !is_installed() {
        return;
    }
    let nodes = clusters::cluster().await;
    let url = clusters::url(&nodes);
    let (here, there) = (hub(&url, 100), hub(&url, 100));
    ready([&here, &there]).await;
    for topic in ["t", "", "a b", "{tag}x", "{}x", "a}b{c", "ž🐟"] {
        (1..=3).for_each(|number| _ = here.topic(topic).publish(&number).unwrap());
        let mut feed = from(&there, topic, Position::OLDEST).await;
        (4..=5).for_each(|number| _ = there.topic(topic).publish(&number).unwrap());
        let (numbers, lost, _) = up_to(&mut feed, 5).await;
        assert!(numbers.ends_with(&[4, 5]) && lost == 0, "{topic:?}: {numbers:?}, {lost} lost");
        within(async {
            while up_to(&mut from(&there, topic, Position::OLDEST).await, 5).await.0 != [1, 2, 3, 4, 5] {}
        })
        .await;
    }
}
