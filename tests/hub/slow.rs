//! Subscribers that fall behind, and what the hub holds for them.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use sockeye::{CloseCode, Hub, Message, Raw, SlowPolicy};
use sockeye_tests::logs;

use crate::{is_empty, now, text};

#[test]
fn the_oldest_are_dropped_and_counted() {
    let topic = Hub::<u32>::builder().queue(3).build().topic("t");
    let (mut slow, mut fast) = (topic.subscribe(), topic.subscribe());
    for n in 0..10 {
        topic.publish(&n).unwrap();
        let event = now(&mut fast).unwrap();
        assert_eq!((event.missed(), event.message().as_text()), (0, Some(n.to_string().as_str())));
    }
    let event = now(&mut slow).unwrap();
    assert_eq!((event.missed(), event.message().as_text()), (7, Some("7")));
    let event = now(&mut slow).unwrap();
    assert_eq!((event.missed(), event.message().as_text()), (0, Some("8")));
    assert_eq!(text(&mut slow), "9");
    assert!(is_empty(&mut slow));
}

#[test]
fn a_thousand_events_wait_by_default() {
    let topic = Hub::<u32>::new().topic("t");
    let mut slow = topic.subscribe();
    for n in 0..1001 {
        topic.publish(&n).unwrap();
    }
    assert_eq!(now(&mut slow).unwrap().missed(), 1);
    assert!((0..999).all(|_| !is_empty(&mut slow)));
    assert!(is_empty(&mut slow));
}

#[test]
fn one_that_must_not_miss_anything_is_disconnected() {
    let hub = Hub::<u32>::builder().queue(3).slow(SlowPolicy::Disconnect).build();
    let topic = hub.topic("t");
    let (mut slow, mut fast) = (topic.subscribe(), topic.subscribe());
    for n in 0..4 {
        topic.publish(&n).unwrap();
        assert_eq!(text(&mut fast), n.to_string());
    }
    for _ in 0..2 {
        let error = now(&mut slow).unwrap_err();
        assert_eq!(error.close_code(), Some(CloseCode::TRY_AGAIN_LATER));
        assert_eq!(error.to_string(), "the subscriber missed 1 event: its queue is limited to 3 events");
    }
    assert_eq!(topic.subscribers(), 1, "it still subscribes");
    topic.publish(&4).unwrap();
    assert_eq!(text(&mut fast), "4");
    drop((slow, fast));
    assert_eq!(hub.topics(), 0);
}

#[test]
fn a_queue_of_nothing_holds_one() {
    let topic = Hub::<u32>::builder().queue(0).build().topic("newest");
    let mut feed = topic.subscribe();
    topic.publish(&1).unwrap();
    topic.publish(&2).unwrap();
    assert_eq!(text(&mut feed), "2");
}

/// A queue of a thousand events of any size would have no bound.
#[test]
fn bytes_are_bounded_as_events_are() {
    static HELD: AtomicUsize = AtomicUsize::new(0);
    let topic = Hub::encoded_by::<Raw>().queue_bytes(10 * 4).build().topic("t");
    let (mut slow, mut slower) = (topic.subscribe(), topic.subscribe());
    for n in 0..100 {
        topic.publish(&Held::message(&HELD)).unwrap();
        assert!(HELD.load(Ordering::Relaxed) <= 10, "more than 40 bytes are held at {n}");
    }
    assert_eq!(HELD.load(Ordering::Relaxed), 10, "less than 40 bytes are held");
    assert_eq!(now(&mut slow).unwrap().missed(), 90);
    assert!((0..9).all(|_| now(&mut slow).unwrap().missed() == 0));
    assert!(is_empty(&mut slow));
    // What one of them has taken still counts, until the other has it.
    topic.publish(&Message::binary(vec![0; 33])).unwrap();
    assert_eq!(now(&mut slower).unwrap().missed(), 99);
    assert_eq!(
        (now(&mut slower).unwrap().message().len(), now(&mut slow).unwrap().message().len()),
        (33, 33)
    );
    assert_eq!(HELD.load(Ordering::Relaxed), 0);
}

#[test]
fn one_event_that_is_larger_than_the_queue_comes_alone() {
    let topic = Hub::encoded_by::<Raw>().queue_bytes(10).build().topic("t");
    let mut feed = topic.subscribe();
    for size in [5, 5, 100, 5] {
        topic.publish(&Message::binary(vec![0; size])).unwrap();
    }
    let event = now(&mut feed).unwrap();
    assert_eq!((event.missed(), event.message().len()), (3, 5));
    topic.publish(&Message::binary(vec![0; 100])).unwrap();
    assert_eq!(now(&mut feed).unwrap().message().len(), 100);
}

#[test]
fn a_topic_holds_four_mebibytes_by_default() {
    let topic = Hub::encoded_by::<Raw>().slow(SlowPolicy::Disconnect).build().topic("t");
    let mut feed = topic.subscribe();
    (0..9).for_each(|_| _ = topic.publish(&Message::binary(vec![0; 512 << 10])).unwrap());
    let error = now(&mut feed).unwrap_err();
    assert_eq!(error.close_code(), Some(CloseCode::TRY_AGAIN_LATER));
    assert_eq!(error.to_string(), "the subscriber missed 1 event: its queue is limited to 4194304 bytes");
}

#[test]
fn drops_are_logged() {
    logs::listen();
    let topic = Hub::<u32>::builder().queue(1).build().topic("logged drops");
    let mut slow = topic.subscribe();
    for _ in 0..2 {
        (0..3).for_each(|n| _ = topic.publish(&n).unwrap());
        assert_eq!(text(&mut slow), "2");
    }
    let lines = logs::with("topic", "logged drops");
    let said: Vec<_> = lines.iter().map(|line| (line.level, line.get("rule"), line.get("missed"))).collect();
    assert_eq!(
        said,
        [(tracing::Level::WARN, "slow_consumer", "2"), (tracing::Level::DEBUG, "slow_consumer", "2")]
    );
}

/// A payload that is counted while it is in memory.
struct Held(&'static AtomicUsize);

impl Held {
    fn message(held: &'static AtomicUsize) -> Message {
        held.fetch_add(1, Ordering::Relaxed);
        Message::Binary(Bytes::from_owner(Self(held)))
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        b"held"
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn a_topic_holds_one_queue_however_many_are_slow() {
    static HELD: AtomicUsize = AtomicUsize::new(0);
    let held = || HELD.load(Ordering::Relaxed);
    let topic = Hub::encoded_by::<Raw>().queue(10).build().topic("t");
    let slow: Vec<_> = (0..50).map(|_| topic.subscribe()).collect();
    for _ in 0..10_000 {
        topic.publish(&Held::message(&HELD)).unwrap();
        assert!(held() <= 10, "{} payloads are in memory", held());
    }
    drop(slow);
    assert_eq!(held(), 0);
}

#[test]
fn what_everybody_has_taken_is_not_kept() {
    static HELD: AtomicUsize = AtomicUsize::new(0);
    let topic = Hub::encoded_by::<Raw>().build().topic("t");
    let (mut one, two) = (topic.subscribe(), topic.subscribe());
    (0..5).for_each(|_| _ = topic.publish(&Held::message(&HELD)).unwrap());
    (0..5).for_each(|_| _ = now(&mut one).unwrap());
    assert_eq!(HELD.load(Ordering::Relaxed), 5, "the other has taken nothing");
    drop(two);
    assert_eq!(HELD.load(Ordering::Relaxed), 0);
    topic.publish(&Held::message(&HELD)).unwrap();
    drop(one);
    assert_eq!(HELD.load(Ordering::Relaxed), 0);
}
