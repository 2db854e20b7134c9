//! `sockeye-redis` with real servers: topics, outages, passwords, TLS.

mod clusters;
mod history;
mod outages;
mod presence;
mod refusals;
mod secrets;
mod sentinels;
mod server;
mod tls;

use sockeye::{Hub, Ready as _, Subscription};
use sockeye_redis::connect;
use sockeye_tests::within;

use self::server::{Redis, is_installed};

fn hub(url: &str) -> Hub<u32> {
    Hub::builder().backplane(connect(url)).build()
}

/// Waits until they are connected, and all their topics are subscribed to.
async fn ready<const HUBS: usize>(hubs: [&Hub<u32>; HUBS]) {
    for hub in hubs {
        within(async {
            while hub.clone().ready().await.is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

/// Waits until it knows that it is cut off, and returns why.
async fn cut_off(hub: &Hub<u32>) -> String {
    within(async {
        loop {
            match hub.clone().ready().await {
                Ok(()) => tokio::task::yield_now().await,
                Err(error) => return error.to_string(),
            }
        }
    })
    .await
}

/// The text of the next event, and whether an outage came before it.
async fn next(feed: &mut Subscription<u32>) -> (String, bool) {
    let event = within(feed.next()).await.expect("an event");
    (event.message().as_text().expect("text").to_owned(), event.after_outage())
}

fn event(text: &str) -> (String, bool) {
    (text.to_owned(), false)
}

#[tokio::test]
async fn machines_share_topics_with_each_other_and_with_other_programs() {
    if !is_installed() {
        return;
    }
    let redis = Redis::start(&[]).await;
    let (here, there) = (hub(&redis.url()), hub(&redis.url()));
    ready([&here, &there]).await;
    let (mut near, mut far) = (here.topic("t").subscribe(), there.topic("t").subscribe());
    within(near.confirmed()).await;
    within(far.confirmed()).await;

    assert_eq!(here.topic("t").publish(&1).unwrap(), 1);
    assert_eq!([next(&mut near).await, next(&mut far).await], [event("1"), event("1")]);
    there.topic("t").publish(&2).unwrap();
    assert_eq!([next(&mut near).await, next(&mut far).await], [event("2"), event("2")]);
    assert_eq!(redis.cli(&["PUBLISH", "sockeye:t", "{\"from\":\"cli\"}"]).await, "2");
    let foreign = event("{\"from\":\"cli\"}");
    assert_eq!([next(&mut near).await, next(&mut far).await], [foreign.clone(), foreign]);

    drop((near, far));
    within(async { while !redis.cli(&["PUBSUB", "CHANNELS"]).await.is_empty() {} }).await;
}

#[tokio::test]
async fn a_prefix_keeps_programs_apart() {
    if !is_installed() {
        return;
    }
    let redis = Redis::start(&[]).await;
    let with =
        |prefix: &str| -> Hub<u32> { Hub::builder().backplane(connect(redis.url()).prefix(prefix)).build() };
    let (shop, plain) = (with("shop:"), with(""));
    ready([&shop, &plain]).await;
    let (mut sold, mut other) = (shop.topic("t").subscribe(), plain.topic("t").subscribe());
    within(sold.confirmed()).await;
    within(other.confirmed()).await;
    plain.topic("shop:t").publish(&1).unwrap();
    assert_eq!(next(&mut sold).await, event("1"));
    shop.topic("t").publish(&2).unwrap();
    assert_eq!(next(&mut sold).await, event("2"));
    redis.cli(&["PUBLISH", "t", "3"]).await;
    assert_eq!(next(&mut other).await, event("3"));
}

#[tokio::test]
async fn sockets_and_databases() {
    if !is_installed() {
        return;
    }
    let redis = Redis::start(&["--unixsocket", "redis.sock"]).await;
    let socket = redis.socket().await;
    let here = hub(&format!("redis+unix://{}?db=3", socket.display()));
    let there = hub(&format!("unix://{}", socket.display()));
    ready([&here, &there]).await;
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    here.topic("t").publish(&1).unwrap();
    assert_eq!(next(&mut far).await, event("1"));
    assert!(
        redis.cli(&["CLIENT", "LIST"]).await.contains("lib-name=")
            || redis.cli(&["INFO"]).await.contains("7.0")
    );
}

/// Events larger than what may be without an answer, and events of every size in order.
#[tokio::test]
async fn events_of_every_size_keep_their_order() {
    if !is_installed() {
        return;
    }
    let redis = Redis::start(&[]).await;
    let hub =
        |url: String| -> Hub<String> { Hub::builder().queue_bytes(16 << 20).backplane(connect(url)).build() };
    let (here, there) = (hub(redis.url()), hub(redis.url()));
    within(there.clone().ready()).await.unwrap();
    within(here.clone().ready()).await.unwrap();
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    let sizes: Vec<usize> = [3 << 20, 1, 100_000, 0].into_iter().chain((0..500).map(|n| n * 37)).collect();
    for size in &sizes {
        here.topic("t").publish(&"x".repeat(*size)).unwrap();
    }
    for size in sizes {
        let event = within(far.next()).await.unwrap();
        // In quotation marks.
        assert_eq!(event.message().len(), size + 2);
        assert!(event.lost().is_nothing());
    }
}

/// What was published before the last handle is dropped is still sent.
#[tokio::test]
async fn a_hub_that_ends_sends_what_waits() {
    if !is_installed() {
        return;
    }
    let redis = Redis::start(&[]).await;
    let (here, there) = (hub(&redis.url()), hub(&redis.url()));
    ready([&here, &there]).await;
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    for number in 0..500 {
        here.topic("t").publish(&number).unwrap();
    }
    drop(here);
    for number in 0..500 {
        assert_eq!(next(&mut far).await, event(&number.to_string()));
    }
    // Its connections end with it.
    within(async { while redis.cli(&["CLIENT", "LIST"]).await.lines().count() > 3 {} }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_topics() {
    const TOPICS: usize = 1500;
    if !is_installed() {
        return;
    }
    let redis = Redis::start(&[]).await;
    let (here, there) = (hub(&redis.url()), hub(&redis.url()));
    let mut feeds: Vec<_> = (0..TOPICS).map(|n| there.topic(format!("x{n}")).subscribe()).collect();
    ready([&here, &there]).await;
    for n in 0..TOPICS {
        here.topic(format!("x{n}")).publish(&7).unwrap();
    }
    for feed in &mut feeds {
        assert_eq!(next(feed).await.0, "7");
    }
    drop(feeds);
    within(async { while !redis.cli(&["PUBSUB", "CHANNELS"]).await.is_empty() {} }).await;
}
