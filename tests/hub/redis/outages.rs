//! Redis goes away and comes back, eight times under load, and while many subscribe.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sockeye::{Delivery, Event, Hub, Position, Ready as _, Subscription};
use sockeye_tests::within;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::{hub, path, remembering_hub, server::Redis};

/// Publishes numbers in order until it is told to stop. Says how many.
async fn publish(hub: Hub<u32>, stop: Arc<AtomicBool>) -> u64 {
    let topic = hub.topic("t");
    let mut numbers = 0;
    while !stop.load(Ordering::Relaxed) {
        (0..20).for_each(|n| _ = topic.publish(&(numbers + n)).unwrap());
        numbers += 20;
        sleep(Duration::from_millis(1)).await;
    }
    numbers.into()
}

/// Ends Redis this many times, each time after a while, and starts it again.
async fn outages(mut redis: Redis, socket: &Path, times: u32) -> Redis {
    for _ in 0..times {
        sleep(Duration::from_millis(400)).await;
        drop(redis);
        sleep(Duration::from_millis(150)).await;
        redis = Redis::start(socket).await.expect("it started before");
    }
    sleep(Duration::from_millis(400)).await;
    redis
}

/// The number that `publish` has sent.
fn number(event: &Event<u32>) -> u64 {
    event.message().as_text().and_then(|text| text.parse().ok()).expect("a number")
}

/// What a subscriber has got, and what it was told that it has not.
#[derive(Debug, Default)]
struct Account {
    came: u64,
    counted: u64,
    gaps: u64,
    /// Gaps that neither the event behind them nor anything before it told of.
    silent: u64,
    /// Events that came twice, or behind later ones.
    twice: u64,
    next: u64,
    announced: bool,
}

impl Account {
    fn enter(&mut self, delivery: Delivery<u32>) {
        let (number, lost) = match delivery {
            Delivery::Event(event) => (Some(number(&event)), event.lost()),
            Delivery::Lost(lost) => (None, lost),
        };
        self.counted += lost.unreceived + lost.missed;
        self.announced |= !lost.is_nothing();
        let Some(number) = number else { return };
        self.came += 1;
        self.twice += u64::from(number < self.next);
        self.gaps += u64::from(number > self.next);
        self.silent += u64::from(number > self.next && !self.announced);
        (self.next, self.announced) = (number + 1, false);
    }
}

/// Reads until everything is accounted for that was published in all, or nothing more comes.
async fn read(mut feed: Subscription<u32>, mut total: watch::Receiver<Option<u64>>) -> Account {
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

/// Everything that was published has come or was counted as lost: nothing is lost silently.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_is_published_around_outages_comes_or_is_counted() {
    let socket = path("redis-outages");
    let Some(redis) = Redis::start(&socket).await else { return };
    let (here, there) = (hub(&socket), hub(&socket));
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    within(here.clone().ready()).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let publisher = tokio::spawn(publish(here.clone(), Arc::clone(&stop)));
    let (total, known) = watch::channel(None);
    let reader = tokio::spawn(read(far, known));
    let redis = outages(redis, &socket, 8).await;
    stop.store(true, Ordering::Relaxed);
    let all = publisher.await.unwrap();
    total.send_replace(Some(all));
    let account = reader.await.unwrap();
    assert_eq!((account.silent, account.twice), (0, 0), "{account:?}");
    assert_eq!(account.came + account.counted, all, "{account:?}");
    assert!(account.counted > 0, "nothing was lost, so this shows nothing");
    drop(redis);
}

/// Reads from its last position on, again and again, as clients do that reconnect; between two subscriptions nobody may be there.
async fn resume(hub: Hub<u32>, stop: Arc<AtomicBool>) -> Account {
    let mut account = Account::default();
    let mut position = Some(Position::OLDEST);
    while !stop.load(Ordering::Relaxed) {
        let mut feed = hub.topic("t").subscribe_from(position);
        account.announced |= feed.gap().is_some();
        for _ in 0..25 {
            // Nothing comes during an outage.
            let Ok(delivery) = timeout(Duration::from_millis(100), feed.next_or_lost()).await else { break };
            let delivery = delivery.expect("the hub is there");
            if let Delivery::Event(event) = &delivery {
                if account.came == 0 {
                    // What was published before anybody subscribed to the topic here is not lost.
                    account.next = number(event);
                }
                position = event.position();
            }
            account.enter(delivery);
        }
        drop(feed);
        sleep(Duration::from_millis(2)).await;
    }
    account
}

/// Whoever resumes from a position is told of what is missing behind it, whether it was lost while somebody listened or not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_resumes_around_outages_is_told_of_every_loss() {
    let socket = path("redis-resume");
    let Some(redis) = Redis::start(&socket).await else { return };
    let (here, there) = (hub(&socket), remembering_hub(&socket));
    within(there.clone().ready()).await.unwrap();
    within(here.clone().ready()).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..4).map(|_| tokio::spawn(resume(there.clone(), Arc::clone(&stop)))).collect();
    let publisher = tokio::spawn(publish(here.clone(), Arc::clone(&stop)));
    let redis = outages(redis, &socket, 5).await;
    stop.store(true, Ordering::Relaxed);
    publisher.await.unwrap();
    for reader in readers {
        let account = reader.await.unwrap();
        assert_eq!((account.silent, account.twice), (0, 0), "{account:?}");
        assert!(account.came > 0 && account.gaps > 0, "{account:?}");
    }
    drop(redis);
}
