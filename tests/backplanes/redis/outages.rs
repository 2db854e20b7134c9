//! Redis is killed, stands still, or is too slow.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sockeye::{Delivery, Hub, Subscription};
use sockeye_tests::{logs, within};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::{
    cut_off, event, hub, next, ready,
    server::{Redis, is_installed},
};

#[tokio::test]
async fn subscribers_are_told_of_an_outage_and_events_come_again() {
    if !is_installed() {
        return;
    }
    logs::listen();
    let mut redis = Redis::start(&[]).await;
    let (here, there) = (hub(&redis.url()), hub(&redis.url()));
    ready([&here, &there]).await;
    let (mut near, mut far) = (here.topic("t").subscribe(), there.topic("t").subscribe());
    within(near.confirmed()).await;
    within(far.confirmed()).await;
    here.topic("t").publish(&1).unwrap();
    assert_eq!([next(&mut near).await, next(&mut far).await], [event("1"), event("1")]);

    redis.kill();
    let reason = cut_off(&here).await;
    assert!(reason.contains(&format!("Redis at 127.0.0.1:{}", redis.port)), "{reason}");
    cut_off(&there).await;
    assert_eq!(here.topic("t").publish(&2).unwrap(), 1, "the publisher does not notice");
    assert_eq!(next(&mut near).await, ("2".to_owned(), true));

    redis.restart().await;
    within(near.confirmed()).await;
    within(far.confirmed()).await;
    let Delivery::Lost(lost) = within(far.next_or_lost()).await.unwrap() else { panic!("it came") };
    assert!(lost.after_outage);
    ready([&here, &there]).await;
    here.topic("t").publish(&3).unwrap();
    assert_eq!(next(&mut far).await.0, "3");
    let lines = logs::with("message", "the backplane is lost");
    assert!(lines.iter().any(|line| line.get("reason").contains(&redis.port.to_string())), "{lines:?}");
}

/// Its connections stay, and nothing comes through them.
#[tokio::test]
async fn a_redis_that_stands_still_is_noticed() {
    if !is_installed() {
        return;
    }
    let redis = Redis::start(&[]).await;
    let (here, there) = (hub(&redis.url()), hub(&redis.url()));
    ready([&here, &there]).await;
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    redis.freeze();
    let reason = cut_off(&there).await;
    assert!(reason.contains("has not answered a ping within 5s"), "{reason}");
    cut_off(&here).await;
    redis.thaw();
    ready([&here, &there]).await;
    here.topic("t").publish(&1).unwrap();
    assert_eq!(next(&mut far).await, ("1".to_owned(), true));
}

/// A broker that is too slow for what is published: the queues are full, and what does not fit is counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_redis_loses_what_does_not_fit_and_subscribers_know_how_much() {
    const EVENTS: u32 = 30_000;
    if !is_installed() {
        return;
    }
    let redis = Redis::start(&[]).await;
    let here = hub(&redis.url());
    let there: Hub<u32> =
        Hub::builder().queue(EVENTS as usize).backplane(sockeye_redis::connect(redis.url())).build();
    ready([&here, &there]).await;
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    let (all, known) = watch::channel(None);
    let reader = tokio::spawn(account(far, known));
    redis.freeze();
    for number in 0..EVENTS {
        here.topic("t").publish(&number).unwrap();
    }
    redis.thaw();
    all.send_replace(Some(EVENTS.into()));
    let account = reader.await.unwrap();
    assert_eq!((account.silent, account.twice), (0, 0), "{account:?}");
    assert_eq!(account.came + account.counted, u64::from(EVENTS), "{account:?}");
    assert!(account.counted > 0 && account.came > 8000, "{account:?}");
}

/// What a subscriber has got, and what it was told that it has not.
#[derive(Debug, Default)]
struct Account {
    came: u64,
    counted: u64,
    /// Gaps that nothing announced.
    silent: u64,
    /// Events that came twice, or behind later ones.
    twice: u64,
    next: u64,
    announced: bool,
}

impl Account {
    fn enter(&mut self, delivery: Delivery<u32>) {
        let (number, lost) = match delivery {
            Delivery::Event(event) => {
                let number = event.message().as_text().and_then(|text| text.parse::<u64>().ok());
                (Some(number.expect("a number")), event.lost())
            }
            Delivery::Lost(lost) => (None, lost),
        };
        self.counted += lost.unreceived + lost.missed;
        self.announced |= !lost.is_nothing();
        let Some(number) = number else { return };
        self.came += 1;
        self.twice += u64::from(number < self.next);
        self.silent += u64::from(number > self.next && !self.announced);
        (self.next, self.announced) = (number + 1, false);
    }
}

/// Reads until everything is accounted for that was published in all, or nothing more comes.
async fn account(mut feed: Subscription<u32>, mut total: watch::Receiver<Option<u64>>) -> Account {
    let mut account = Account::default();
    let all = async {
        while total.borrow_and_update().is_none_or(|total| account.came + account.counted < total) {
            tokio::select! {
                delivery = feed.next_or_lost() => account.enter(delivery.expect("the hub is there")),
                Ok(()) = total.changed() => {}
            }
        }
    };
    // What is missing then is seen by whoever asked.
    _ = timeout(Duration::from_secs(40), all).await;
    account
}

async fn publish(hub: Hub<u32>, stop: Arc<AtomicBool>) -> u64 {
    let mut numbers = 0;
    while !stop.load(Ordering::Relaxed) {
        (0..20).for_each(|n| _ = hub.topic("t").publish(&(numbers + n)).unwrap());
        numbers += 20;
        sleep(Duration::from_millis(1)).await;
    }
    numbers.into()
}

/// Nothing is lost silently, and nothing comes twice, whatever happens in the meantime.
async fn all_is_accounted_for(redis: &mut Redis, meanwhile: impl AsyncFnOnce(&mut Redis)) {
    let (here, there) = (hub(&redis.url()), hub(&redis.url()));
    ready([&here, &there]).await;
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    let stop = Arc::new(AtomicBool::new(false));
    // A hub that ends cannot tell of what it could not send.
    let publisher = tokio::spawn(publish(here.clone(), Arc::clone(&stop)));
    let (total, known) = watch::channel(None);
    let reader = tokio::spawn(account(far, known));
    meanwhile(redis).await;
    // With an event that arrives afterwards, all that are missing can be counted.
    ready([&here, &there]).await;
    sleep(Duration::from_millis(100)).await;
    stop.store(true, Ordering::Relaxed);
    let all = publisher.await.unwrap();
    total.send_replace(Some(all));
    let account = reader.await.unwrap();
    assert_eq!((account.silent, account.twice), (0, 0), "{account:?}");
    assert_eq!(account.came + account.counted, all, "{account:?}");
    assert!(account.counted > 0, "nothing was lost, so this shows nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_is_published_around_outages_comes_or_is_counted() {
    if !is_installed() {
        return;
    }
    let mut redis = Redis::start(&[]).await;
    let outages = async |redis: &mut Redis| {
        for _ in 0..5 {
            sleep(Duration::from_millis(400)).await;
            redis.kill();
            sleep(Duration::from_millis(150)).await;
            redis.restart().await;
        }
        sleep(Duration::from_millis(400)).await;
    };
    all_is_accounted_for(&mut redis, outages).await;
}

/// Only one of the connections of a machine breaks: that for events, or that for subscriptions.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_comes_or_is_counted_when_single_connections_break() {
    if !is_installed() {
        return;
    }
    let mut redis = Redis::start(&[]).await;
    let breaks = async |redis: &mut Redis| {
        for connections in ["pubsub", "normal", "pubsub", "normal"] {
            sleep(Duration::from_millis(300)).await;
            redis.cli(&["CLIENT", "KILL", "TYPE", connections]).await;
        }
        sleep(Duration::from_millis(300)).await;
    };
    all_is_accounted_for(&mut redis, breaks).await;
}
