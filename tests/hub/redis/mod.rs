//! The seam with a real broker behind it: Redis, which is started for the test, cut off, and started again.

mod carry;
mod outages;
mod proxy;
mod server;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sockeye::{
    Delivery, Hub, Ready as _, Subscription,
    backplane::{Inlet, Outlet},
};
use sockeye_tests::{logs, within};
use tokio::sync::watch;

use self::{carry::carry, proxy::Proxy, server::Redis};

fn hub(socket: &Path) -> Hub<u32> {
    lossy_hub(socket, &Arc::default())
}

/// A hub of which Redis loses so many packets that it has confirmed.
fn lossy_hub(socket: &Path, swallows: &Arc<AtomicUsize>) -> Hub<u32> {
    let (socket, swallows) = (socket.to_owned(), Arc::clone(swallows));
    Hub::builder().backplane(|inlet: Inlet, outlet: Outlet| carry(socket, swallows, inlet, outlet)).build()
}

/// A hub that keeps the last events of each topic.
fn remembering_hub(socket: &Path) -> Hub<u32> {
    let socket = socket.to_owned();
    let carry = |inlet: Inlet, outlet: Outlet| carry(socket, Arc::default(), inlet, outlet);
    Hub::builder().history(1000).backplane(carry).build()
}

/// Waits until as many connections subscribe.
async fn subscribed(redis: &Redis, connections: &str) {
    let mut client = redis.client().await;
    within(async {
        while client.ask(&["PUBSUB", "NUMSUB", "t"]).await[1] != connections.as_bytes() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn next(feed: &mut Subscription<u32>) -> (String, bool) {
    let event = within(feed.next()).await.expect("an event");
    (event.message().as_text().expect("text").to_owned(), event.after_outage())
}

#[tokio::test]
async fn two_machines_share_topics_over_redis() {
    logs::listen();
    let socket = std::env::temp_dir().join(format!("sockeye-redis-{}", std::process::id()));
    let Some(redis) = Redis::start(&socket).await else { return };
    let (here, there) = (hub(&socket), hub(&socket));
    let (mut near, mut far) = (here.topic("t").subscribe(), there.topic("t").subscribe());
    within(near.confirmed()).await;
    within(far.confirmed()).await;

    assert_eq!(here.topic("t").publish(&1).unwrap(), 1);
    assert_eq!([next(&mut near).await.0, next(&mut far).await.0], ["1", "1"]);
    there.topic("t").publish(&2).unwrap();
    assert_eq!([next(&mut near).await.0, next(&mut far).await.0], ["2", "2"]);
    redis.client().await.ask(&["PUBLISH", "t", "{\"from\":\"python\"}"]).await;
    let foreign = ("{\"from\":\"python\"}".to_owned(), false);
    assert_eq!([next(&mut near).await, next(&mut far).await], [foreign.clone(), foreign]);

    drop(redis);
    cut_off(&here).await;
    cut_off(&there).await;
    let lost = logs::with("message", "the backplane is lost");
    assert!(lost.len() >= 2 && lost.iter().all(|line| line.get("rule") == "backplane_lost"));
    assert_eq!(here.topic("t").publish(&3).unwrap(), 1, "the publisher does not notice");
    assert_eq!(next(&mut near).await, ("3".to_owned(), true));

    let redis = Redis::start(&socket).await.expect("it started before");
    within(near.confirmed()).await;
    within(far.confirmed()).await;
    here.topic("t").publish(&4).unwrap();
    assert_eq!(next(&mut far).await, ("4".to_owned(), true));
    assert_eq!(next(&mut near).await, ("4".to_owned(), true));

    drop((near, far));
    subscribed(&redis, "0").await;
    drop(redis);
    _ = std::fs::remove_file(socket);
}

fn path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("sockeye-{name}-{}", std::process::id()))
}

/// Reads numbers that are published in order, until that one comes, and tells how far it is. Every gap must be announced, by the event after it
/// or before that event. Says how many came, and how many were counted as lost.
async fn account(
    mut feed: Subscription<u32>,
    end: watch::Receiver<u32>,
    seen: watch::Sender<u32>,
) -> (u64, u64) {
    let (mut expected, mut came, mut counted, mut announced) = (0, 0, 0, false);
    while expected <= *end.borrow() {
        let (event, lost) = match within(feed.next_or_lost()).await.expect("the hub is there") {
            Delivery::Event(event) => (event.message().as_text().map(str::to_owned), event.lost()),
            Delivery::Lost(lost) => (None, lost),
        };
        announced |= !lost.is_nothing();
        counted += lost.unreceived + lost.missed;
        let Some(event) = event else { continue };
        let number: u32 = event.parse().expect("a number");
        assert!(number >= expected, "{number} came twice or too late: {expected} was next");
        assert!(number == expected || announced, "{expected} to {number} are missing, silently");
        (expected, came, announced) = (number + 1, came + 1, false);
        seen.send_replace(number);
    }
    (came, counted)
}

/// Publishes numbers in order.
struct Numbers {
    hub: Hub<u32>,
    next: u32,
    seen: watch::Receiver<u32>,
}

impl Numbers {
    async fn publish(&mut self, count: u32) {
        for _ in 0..count {
            self.hub.topic("t").publish(&self.next).unwrap();
            self.next += 1;
            tokio::task::yield_now().await;
        }
    }

    /// Until the other machine hears this one.
    async fn get_through(&mut self) {
        let first = self.next;
        let through = async {
            while *self.seen.borrow() < first {
                self.publish(1).await;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        within(through).await;
    }
}

/// Waits until it knows that it is cut off.
async fn cut_off(hub: &Hub<u32>) {
    within(async {
        while hub.clone().ready().await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// A connection breaks or stands still, the publisher's, the subscriber's, or both, while events go.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_gap_is_announced_whoever_was_cut_off() {
    let socket = path("redis-gaps");
    let Some(redis) = Redis::start(&socket).await else { return };
    let (mine, theirs) = (Proxy::start("gaps-mine", &socket), Proxy::start("gaps-theirs", &socket));
    let (here, there) = (hub(&mine.socket), hub(&theirs.socket));
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    let (last, known) = watch::channel(u32::MAX);
    let (tell, seen) = watch::channel(0);
    let reader = tokio::spawn(account(far, known, tell));
    let mut numbers = Numbers { hub: here.clone(), next: 0, seen };
    numbers.get_through().await;
    for round in 0..8 {
        numbers.publish(100).await;
        numbers.get_through().await;
        numbers.publish(20).await;
        match round % 4 {
            0 => mine.kill(),
            1 => theirs.kill(),
            2 => [&mine, &theirs].into_iter().for_each(Proxy::kill),
            _ => {
                let (proxy, hub) = if round == 3 { (&mine, &here) } else { (&theirs, &there) };
                proxy.forward(false);
                numbers.publish(100).await;
                cut_off(hub).await;
                proxy.forward(true);
            }
        }
        numbers.publish(100).await;
        numbers.get_through().await;
    }
    last.send_replace(numbers.next);
    numbers.publish(1).await;
    let (came, counted) = within(reader).await.expect("every gap is announced");
    assert!(
        came + counted <= u64::from(numbers.next),
        "{came} came and {counted} are lost, of {}",
        numbers.next
    );
    drop(redis);
}

/// The last event of a topic is lost with the publisher's connection: nothing comes after it that could say so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_event_of_a_topic_is_not_lost_silently() {
    let socket = path("redis-last");
    let Some(redis) = Redis::start(&socket).await else { return };
    let mine = Proxy::start("last-mine", &socket);
    let (here, there) = (hub(&mine.socket), hub(&socket));
    within(there.clone().ready()).await.unwrap();
    within(here.clone().ready()).await.unwrap();
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    here.topic("t").publish(&0).unwrap();
    assert_eq!(next(&mut far).await, ("0".to_owned(), false));
    mine.forward(false);
    here.topic("t").publish(&1).unwrap();
    mine.kill();
    // What the broken connections hold must not get through when others do.
    cut_off(&here).await;
    mine.forward(true);
    let Delivery::Lost(lost) = within(far.next_or_lost()).await.unwrap() else { panic!("it came") };
    assert_eq!((lost.unreceived, lost.after_outage), (1, false));
    drop(redis);
}

/// Redis confirms an event and loses it, both connections are fine, and nothing is published afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_redis_loses_is_known_though_nothing_follows() {
    let socket = path("redis-swallows");
    let Some(redis) = Redis::start(&socket).await else { return };
    let swallows = Arc::new(AtomicUsize::new(0));
    let (here, there) = (lossy_hub(&socket, &swallows), hub(&socket));
    within(here.clone().ready()).await.unwrap();
    // A topic that is subscribed to before there is a connection is confirmed late.
    within(there.clone().ready()).await.unwrap();
    let mut far = there.topic("t").subscribe();
    let mut unheard = there.topic("a publisher that was never heard").subscribe();
    within(far.confirmed()).await;
    within(unheard.confirmed()).await;
    here.topic("t").publish(&0).unwrap();
    assert_eq!(next(&mut far).await, ("0".to_owned(), false));
    swallows.store(2, Ordering::Relaxed);
    here.topic("t").publish(&1).unwrap();
    here.topic("a publisher that was never heard").publish(&1).unwrap();
    let Delivery::Lost(lost) = within(far.next_or_lost()).await.unwrap() else { panic!("it came") };
    assert_eq!((lost.unreceived, lost.after_outage), (1, false));
    // It may have been published just before the topic was listened to.
    let Delivery::Lost(lost) = within(unheard.next_or_lost()).await.unwrap() else { panic!("it came") };
    assert!(lost.after_outage);
    assert_eq!(swallows.load(Ordering::Relaxed), 0);
    drop(redis);
}

/// As in a storm of reconnects: 1,500 topics get their first subscriber while the broker is away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_of_an_outage_are_made_up_for() {
    const TOPICS: usize = 1500;
    let socket = path("redis-storm");
    let Some(redis) = Redis::start(&socket).await else { return };
    let (here, there) = (hub(&socket), hub(&socket));
    let mut first = there.topic("t").subscribe();
    within(first.confirmed()).await;
    drop(redis);
    cut_off(&there).await;
    let mut feeds: Vec<_> = (0..TOPICS).map(|n| there.topic(format!("x{n}")).subscribe()).collect();
    let redis = Redis::start(&socket).await.expect("it started before");
    for feed in &mut feeds {
        within(feed.confirmed()).await;
    }
    while within(here.clone().ready()).await.is_err() {
        tokio::task::yield_now().await;
    }
    (0..TOPICS).for_each(|n| _ = here.topic(format!("x{n}")).publish(&7).unwrap());
    for feed in &mut feeds {
        assert_eq!(next(feed).await, ("7".to_owned(), true));
    }
    drop((first, redis));
}
