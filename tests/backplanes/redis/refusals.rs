//! What Redis does not permit.

use std::time::Duration;

use sockeye::Delivery;
use sockeye_tests::{logs, within};

use super::{
    cut_off, event, hub, next, ready,
    server::{Redis, is_installed},
};

/// The user may do what the page of the crate says, on the channels that it says, and nothing else.
pub(crate) const USER: [&str; 10] =
    ["ACL", "SETUSER", "ann", "on", ">secret", "resetchannels", "&sockeye:*", "-@all", "+hello", "+ping"];
pub(crate) const COMMANDS: [&str; 3] = ["+publish", "+subscribe", "+unsubscribe"];

#[tokio::test]
async fn the_permissions_of_the_page_are_enough() {
    if !is_installed() {
        return;
    }
    let redis = Redis::start(&[]).await;
    assert_eq!(redis.cli(&[&USER[..], &COMMANDS].concat()).await, "OK");
    let url = format!("redis://ann:secret@127.0.0.1:{}", redis.port);
    let (here, there) = (hub(&url), hub(&url));
    ready([&here, &there]).await;
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    here.topic("t").publish(&1).unwrap();
    assert_eq!(next(&mut far).await, event("1"));
    drop(far);
    within(async { while !redis.cli(&["PUBSUB", "CHANNELS"]).await.is_empty() {} }).await;
}

/// A refused topic is ordered again, so it works as soon as it is permitted; others work all the time.
#[tokio::test]
async fn a_topic_that_is_not_permitted_is_named_and_comes_again() {
    if !is_installed() {
        return;
    }
    let redis = Redis::start(&[]).await;
    redis.cli(&[&USER[..], &COMMANDS, &["resetchannels", "&sockeye:mine"]].concat()).await;
    let there = hub(&format!("redis://ann:secret@127.0.0.1:{}", redis.port));
    let here = hub(&redis.url());
    ready([&here, &there]).await;
    let mut mine = there.topic("mine").subscribe();
    within(mine.confirmed()).await;
    let mut theirs = there.topic("theirs").subscribe();
    let reason = cut_off(&there).await;
    assert!(reason.contains("does not permit this to the user: NOPERM"), "{reason}");
    here.topic("mine").publish(&1).unwrap();
    assert_eq!(next(&mut mine).await, event("1"));
    redis.cli(&["ACL", "SETUSER", "ann", "&sockeye:theirs"]).await;
    within(theirs.confirmed()).await;
    here.topic("theirs").publish(&2).unwrap();
    assert_eq!(next(&mut theirs).await, ("2".to_owned(), true));
}

/// An event that is refused is lost, and its subscribers are told as soon as the broker takes a packet again.
#[tokio::test]
async fn an_event_that_is_not_permitted_is_counted_as_lost() {
    if !is_installed() {
        return;
    }
    let redis = Redis::start(&[]).await;
    logs::listen();
    redis.cli(&[&USER[..], &COMMANDS, &["-publish"]].concat()).await;
    let here = hub(&format!("redis://ann:secret@127.0.0.1:{}", redis.port));
    let there = hub(&redis.url());
    ready([&here, &there]).await;
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    assert_eq!(here.topic("t").publish(&1).unwrap(), 0);
    // Until it has been refused.
    while !redis.cli(&["ACL", "LOG"]).await.contains("publish") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    redis.cli(&["ACL", "SETUSER", "ann", "+publish"]).await;
    let Delivery::Lost(lost) = within(far.next_or_lost()).await.unwrap() else { panic!("it came") };
    assert!(!lost.is_nothing());
    let mut lines = logs::with("message", "an event did not reach other machines");
    lines.retain(|line| line.get("reason").contains("NOPERM"));
    assert_eq!(lines.len(), 1, "{lines:?}");
    here.topic("t").publish(&2).unwrap();
    assert_eq!(next(&mut far).await.0, "2");
}
