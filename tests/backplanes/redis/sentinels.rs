//! `redis+sentinel://`: the master is found, and followed.

use sockeye_tests::within;

use super::{
    cut_off, event, hub, next, ready,
    refusals::{COMMANDS, USER},
    server::{Redis, free_port, is_installed},
};

/// Waits until the sentinel knows a replica of the master, so that a failover has a successor.
async fn knows_a_replica(sentinel: &Redis) {
    within(async {
        while !sentinel.cli(&["SENTINEL", "REPLICAS", "main"]).await.contains("master-link-status\nok") {}
    })
    .await;
}

async fn has_the_topic(redis: &Redis) -> bool {
    redis.cli(&["PUBSUB", "CHANNELS", "sockeye:*"]).await == "sockeye:t"
}

#[tokio::test]
async fn a_failover_is_followed() {
    if !is_installed() {
        return;
    }
    let mut master = Redis::start(&["--repl-diskless-sync-delay", "0"]).await;
    let replica = Redis::start(&["--replicaof", "127.0.0.1", &master.port.to_string()]).await;
    let sentinel = Redis::sentinel(master.port).await;
    // One that is not there is passed over.
    let url = format!("redis+sentinel://127.0.0.1:{},127.0.0.1:{}/main", free_port(), sentinel.port);
    let (here, there) = (hub(&url), hub(&url));
    ready([&here, &there]).await;
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    here.topic("t").publish(&1).unwrap();
    assert_eq!(next(&mut far).await, event("1"));
    assert!(has_the_topic(&master).await);

    knows_a_replica(&sentinel).await;
    master.kill();
    cut_off(&here).await;
    cut_off(&there).await;
    ready([&here, &there]).await;
    assert!(has_the_topic(&replica).await);
    here.topic("t").publish(&2).unwrap();
    assert_eq!(next(&mut far).await, ("2".to_owned(), true));
}

/// The sentinels have chosen another master, and the old one does not know it.
#[tokio::test]
async fn a_master_that_was_replaced_is_left() {
    if !is_installed() {
        return;
    }
    let (old, new) = (Redis::start(&[]).await, Redis::start(&[]).await);
    let sentinel = Redis::sentinel(old.port).await;
    let there = hub(&format!("redis+sentinel://127.0.0.1:{}/main", sentinel.port));
    ready([&there]).await;
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    assert_eq!(sentinel.cli(&["SENTINEL", "REMOVE", "main"]).await, "OK");
    let port = new.port.to_string();
    assert_eq!(sentinel.cli(&["SENTINEL", "MONITOR", "main", "127.0.0.1", &port, "1"]).await, "OK");
    within(async { while !has_the_topic(&new).await {} }).await;
    new.cli(&["PUBLISH", "sockeye:t", "1"]).await;
    assert_eq!(next(&mut far).await, ("1".to_owned(), true));
}

#[tokio::test]
async fn what_sentinels_do_not_know_is_named() {
    if !is_installed() {
        return;
    }
    let master = Redis::start(&[]).await;
    let sentinel = Redis::sentinel(master.port).await;
    let reason = cut_off(&hub(&format!("redis+sentinel://127.0.0.1:{}/other", sentinel.port))).await;
    assert!(reason.contains("does not know a master \"other\""), "{reason}");
    let reason = cut_off(&hub(&format!("redis+sentinel://127.0.0.1:{}/main", free_port()))).await;
    assert!(reason.contains("no sentinel answers: cannot connect to Redis at 127.0.0.1"), "{reason}");
    let reason = cut_off(&hub(&format!("redis+sentinel://127.0.0.1:{}/main", master.port))).await;
    assert!(reason.contains("no sentinel answers"), "{reason}");
}

#[tokio::test]
async fn sentinels_have_a_password_of_their_own() {
    if !is_installed() {
        return;
    }
    let master = Redis::start(&["--requirepass", "for-the-master"]).await;
    let sentinel = Redis::sentinel(master.port).await;
    sentinel.cli(&["CONFIG", "SET", "requirepass", "for-the-sentinel"]).await;
    sentinel.cli(&["ACL", "SETUSER", "default", ">for-the-sentinel"]).await;
    let url = format!("redis+sentinel://:for-the-master@127.0.0.1:{}/main", sentinel.port);
    let with = |password: &str| -> sockeye::Hub<u32> {
        sockeye::Hub::builder().backplane(sockeye_redis::connect(&url).sentinel_password(password)).build()
    };
    ready([&with("for-the-sentinel")]).await;
    let reason = cut_off(&with("wr0ng-one")).await;
    assert!(!reason.contains("wr0ng-one") && reason.contains("does not accept the password"), "{reason}");
}

#[tokio::test]
async fn the_permissions_of_the_page_are_enough_with_sentinels() {
    if !is_installed() {
        return;
    }
    let master = Redis::start(&[]).await;
    let sentinel = Redis::sentinel(master.port).await;
    assert_eq!(master.cli(&[&USER[..], &COMMANDS, &["+role"]].concat()).await, "OK");
    ready([&hub(&format!("redis+sentinel://ann:secret@127.0.0.1:{}/main", sentinel.port))]).await;
}
