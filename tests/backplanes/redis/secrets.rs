//! Users and passwords: what is wrong with them is said, and they are not.

use sockeye_redis::connect;
use sockeye_tests::{logs, within};

use super::{
    cut_off, event, hub, next, ready,
    server::{Redis, is_installed},
};

const SECRET: &str = "correct-horse";

/// Nothing that was logged so far contains it.
fn is_unsaid(secret: &str) {
    for line in logs::with("rule", "backplane_lost") {
        assert!(!format!("{line:?}").contains(secret), "{line:?}");
    }
}

#[tokio::test]
async fn a_password_that_is_wrong_is_named_and_not_shown() {
    if !is_installed() {
        return;
    }
    logs::listen();
    let redis = Redis::start(&["--requirepass", SECRET]).await;
    let at = format!("127.0.0.1:{}", redis.port);
    let reason = cut_off(&hub(&format!("redis://:wr0ng-one@{at}"))).await;
    let words =
        format!("Redis at {at} does not accept the user or the password that it was given: WRONGPASS");
    assert!(reason.contains(&words) && !reason.contains("wr0ng-one"), "{reason}");
    let reason = cut_off(&hub(&format!("redis://nobody-known:{SECRET}@{at}"))).await;
    assert!(reason.contains("WRONGPASS") && !reason.contains("nobody-known"), "{reason}");
    let reason = cut_off(&hub(&redis.url())).await;
    let words = format!("Redis at {at} wants a password, and was given none: NOAUTH");
    assert!(reason.contains(&words), "{reason}");

    let (here, there) =
        (hub(&format!("redis://:{SECRET}@{at}")), hub(&format!("redis://default:{SECRET}@{at}")));
    ready([&here, &there]).await;
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    here.topic("t").publish(&1).unwrap();
    assert_eq!(next(&mut far).await, event("1"));
    drop(redis);
    for hub in [here, there] {
        let reason = cut_off(&hub).await;
        assert!(!reason.contains(SECRET), "{reason}");
    }
    for secret in [SECRET, "wr0ng-one", "nobody-known"] {
        is_unsaid(secret);
    }
    assert!(!logs::with("rule", "backplane_lost").is_empty());
}

/// A server that repeats what it does not know.
#[tokio::test]
async fn a_server_that_repeats_the_password_is_not_quoted() {
    if !is_installed() {
        return;
    }
    logs::listen();
    let redis = Redis::start(&["--rename-command", "HELLO", ""]).await;
    let reason = cut_off(&hub(&format!("redis://ann:repeated-secret@127.0.0.1:{}", redis.port))).await;
    assert!(reason.contains("does not know `HELLO`: Redis 6 or later, or Valkey, is needed"), "{reason}");
    assert!(!reason.contains("repeated"), "{reason}");
    is_unsaid("repeated");
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let redis = connect("redis://ann:correct-horse@10.0.0.1/2").sentinel_password("battery").prefix("p:");
    let shown = format!("{redis:?} {redis:#?}");
    assert!(!["ann", "correct-horse", "battery"].iter().any(|secret| shown.contains(secret)), "{shown}");
    assert!(shown.contains("10.0.0.1") && shown.contains("p:"), "{shown}");
    for url in ["redis://:correct-horse@host/x", "redis://:correct-horse/@host", "correct-horse"] {
        let shown = format!("{:?}", connect(url));
        assert!(!shown.contains("correct-horse"), "{shown}");
    }
}

/// A URL that cannot be read is reported as an outage is, so that a server with this hub does not start.
#[tokio::test]
async fn a_url_that_cannot_be_read_is_an_outage() {
    logs::listen();
    let reason = cut_off(&hub("redis://:correct-horse@host:port")).await;
    assert!(reason.contains("the URL of Redis cannot be read") && !reason.contains(SECRET), "{reason}");
    is_unsaid(SECRET);
}
