//! A history of what other machines publish.

use std::time::Duration;

use sockeye::{Hub, Lost, Position, Ready as _, Subscription};
use sockeye_tests::within;

use crate::{
    backplane::{next, settle},
    broker::Broker,
};

const AGE: Duration = Duration::from_mins(10);

/// A machine that publishes, one that keeps so many events, and a subscriber on that.
async fn two(broker: &Broker, events: usize) -> (Hub<u32>, Hub<u32>, Subscription<u32>) {
    let (here, there) = (broker.hub(), broker.join(Hub::builder().history(events).history_age(AGE)));
    within(here.clone().ready()).await.expect("connected");
    within(there.clone().ready()).await.expect("connected");
    let mut feed = there.topic("t").subscribe();
    within(feed.confirmed()).await;
    (here, there, feed)
}

/// Publishes an event, has it received, and leaves. Where it was is returned.
async fn one_is_read(here: &Hub<u32>, mut feed: Subscription<u32>) -> Position {
    here.topic("t").publish(&1).unwrap();
    within(feed.next()).await.unwrap().position().unwrap()
}

/// The second machine is cut off while something is published.
async fn miss(broker: &Broker, here: &Hub<u32>, event: u32) {
    broker.cut(1);
    settle().await;
    here.topic("t").publish(&event).unwrap();
    broker.restore(1);
    tokio::time::sleep(Duration::from_mins(2)).await;
}

#[tokio::test(start_paused = true)]
async fn events_of_other_machines_are_kept_while_no_one_listens() {
    let broker = Broker::default();
    let (here, there, feed) = two(&broker, 10).await;
    let position = one_is_read(&here, feed).await;
    settle().await;
    assert_eq!((there.topics(), broker.wanted(1)), (0, 1), "the topic stays wanted");
    here.topic("t").publish(&2).unwrap();
    here.topic("t").publish(&3).unwrap();
    settle().await;
    let mut resumed = there.topic("t").subscribe_from(position);
    assert_eq!(resumed.gap(), None);
    for number in ["2", "3"] {
        assert_eq!(next(&mut resumed).await, (number.to_owned(), Lost::default()));
    }
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_is_told_of_an_outage_in_between() {
    // With the short history, the last event before the outage is gone as well.
    for events in [10, 1] {
        let broker = Broker::default();
        let (here, there, feed) = two(&broker, events).await;
        let position = one_is_read(&here, feed).await;
        miss(&broker, &here, 2).await;
        assert_eq!(broker.wanted(1), 1, "it is wanted again with the new connection");
        here.topic("t").publish(&3).unwrap();
        settle().await;
        let mut resumed = there.topic("t").subscribe_from(position);
        assert_eq!(resumed.gap(), None, "of what this machine had, nothing is gone");
        let (event, lost) = next(&mut resumed).await;
        assert_eq!((&*event, lost.after_outage), ("3", true), "a history of {events}: {lost:?}");
        let mut from_the_oldest = there.topic("t").subscribe_from(Position::OLDEST);
        let first = next(&mut from_the_oldest).await;
        assert!(!first.1.after_outage, "it has nothing before its first event: {first:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_is_forgotten_is_given_up() {
    let broker = Broker::default();
    let (here, there, feed) = two(&broker, 10).await;
    one_is_read(&here, feed).await;
    tokio::time::sleep(AGE + Duration::from_secs(1)).await;
    assert_eq!(broker.wanted(1), 1, "no one has looked");
    for number in 0..64 {
        there.topic(format!("new:{number}")).publish(&1).unwrap();
    }
    settle().await;
    assert_eq!(broker.wanted(1), 64);
    assert!(broker.lock().asked.contains(&"1-t".to_owned()));
}
