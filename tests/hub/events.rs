//! Publishing and subscribing, without sockets.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::FutureExt as _;
use serde::{Serialize, Serializer};
use sockeye::{CloseCode, Codec, Error, Event, Hub, Message, Raw};

use crate::{is_empty, now, text};

/// Counts how often it is encoded.
struct Counted<'a>(&'a AtomicUsize);

impl Serialize for Counted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.fetch_add(1, Ordering::Relaxed);
        serializer.serialize_str("counted")
    }
}

struct Broken;

impl Serialize for Broken {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("the sensor is unplugged"))
    }
}

#[test]
fn an_event_is_encoded_once_and_its_payload_shared() {
    static ENCODED: AtomicUsize = AtomicUsize::new(0);
    let hub = Hub::<Counted<'static>>::new();
    let topic = hub.topic("t");
    let mut feeds: Vec<_> = (0..100).map(|_| topic.subscribe()).collect();
    assert_eq!(topic.publish(&Counted(&ENCODED)).unwrap(), 100);
    let payloads = feeds.iter_mut().map(|feed| now(feed).unwrap().message().as_bytes().as_ptr());
    let mut payloads: Vec<_> = payloads.collect();
    payloads.dedup();
    assert_eq!(payloads.len(), 1, "the payload was copied");
    assert_eq!(ENCODED.load(Ordering::Relaxed), 1);
}

#[test]
fn nobody_listens_and_nothing_is_encoded() {
    static ENCODED: AtomicUsize = AtomicUsize::new(0);
    let hub = Hub::<Counted<'static>>::new();
    let _elsewhere = hub.topic("other").subscribe();
    assert_eq!(hub.topic("t").publish(&Counted(&ENCODED)).unwrap(), 0);
    assert_eq!(ENCODED.load(Ordering::Relaxed), 0);
}

#[test]
fn what_cannot_be_encoded_is_the_publishers_error() {
    let topic = Hub::<Broken>::new().topic("t");
    let mut feed = topic.subscribe();
    assert_eq!(topic.publish(&Broken).unwrap_err().to_string(), "the sensor is unplugged");
    assert!(is_empty(&mut feed));
}

#[test]
fn a_subscriber_hears_its_topic_from_then_on() {
    let hub = Hub::<u32>::new();
    let early = hub.topic("a");
    let mut first = early.subscribe();
    early.publish(&1).unwrap();
    let mut second = early.subscribe();
    hub.topic("b").publish(&2).unwrap();
    early.publish(&3).unwrap();
    assert_eq!([text(&mut first), text(&mut first), text(&mut second)], ["1", "3", "3"]);
    assert!(is_empty(&mut first) && is_empty(&mut second));
}

#[test]
fn topics_are_freed_when_nobody_listens() {
    let hub = Hub::<u32>::new();
    let topic = hub.topic("kept");
    assert_eq!((hub.topics(), topic.subscribers()), (0, 0), "a name alone makes nothing");
    let feeds: Vec<_> = (0..1000).map(|n| hub.topic(format!("topic {n}")).subscribe()).collect();
    let twice = hub.topic("topic 7").subscribe();
    assert_eq!(hub.topics(), 1000);
    drop(feeds);
    assert_eq!((hub.topics(), hub.topic("topic 7").subscribers()), (1, 1));
    drop(twice);
    assert_eq!(hub.topics(), 0);
    let mut again = topic.subscribe();
    topic.publish(&5).unwrap();
    assert_eq!(text(&mut again), "5");
}

#[tokio::test]
async fn a_wait_that_is_dropped_loses_nothing() {
    let topic = Hub::<u32>::new().topic("t");
    let mut feed = topic.subscribe();
    for n in 0..100 {
        tokio::select! {
            biased;
            () = tokio::task::yield_now() => {}
            event = feed.next() => panic!("nothing was published, but {event:?} came"),
        }
        topic.publish(&n).unwrap();
        assert_eq!(feed.next().await.unwrap().message().as_text(), Some(n.to_string().as_str()));
    }
}

#[tokio::test]
async fn a_waiting_subscriber_is_woken() {
    let topic = Hub::<u32>::new().topic("t");
    let mut feed = topic.subscribe();
    let waiting = tokio::spawn(async move { feed.next().await.map(Event::into_message) });
    tokio::task::yield_now().await;
    topic.publish(&1).unwrap();
    assert_eq!(sockeye_tests::within(waiting).await.unwrap().unwrap(), Message::text("1"));
}

#[tokio::test]
async fn a_feed_ends_with_the_last_publisher() {
    let hub = Hub::<u32>::new();
    let topic = hub.topic("t");
    let (mut read, mut waited) = (topic.subscribe(), topic.subscribe());
    topic.publish(&1).unwrap();
    assert_eq!(text(&mut waited), "1");
    drop(hub);
    assert!(is_empty(&mut waited), "the topic can still publish");
    let waiting = tokio::spawn(async move { waited.next().await });
    tokio::task::yield_now().await;
    drop(topic);
    let end = sockeye_tests::within(waiting).await.unwrap().unwrap_err();
    assert_eq!(end.close_code(), Some(CloseCode::GOING_AWAY));
    assert_eq!(text(&mut read), "1", "what was published is received");
    assert_eq!(now(&mut read).unwrap_err().to_string(), "the topic has no more publishers");
    assert_eq!(now(&mut read).unwrap_err().close_code(), Some(CloseCode::GOING_AWAY));
}

/// A feed that always has something must not keep its task from everything else.
#[tokio::test]
async fn a_full_feed_lets_other_tasks_run() {
    let topic = Hub::<u32>::new().topic("t");
    let mut feed = topic.subscribe();
    let ran = Arc::new(AtomicUsize::new(0));
    let other = {
        let ran = Arc::clone(&ran);
        tokio::spawn(async move { ran.store(1, Ordering::Relaxed) })
    };
    for n in 0_u32.. {
        if ran.load(Ordering::Relaxed) == 1 {
            break;
        }
        assert!(n < 1_000_000, "the other task never ran");
        topic.publish(&n).unwrap();
        drop(feed.next().await.unwrap());
    }
    other.await.unwrap();
}

struct Upper;

impl Codec for Upper {
    type In = String;
    type Out = String;

    fn decode(message: Message) -> Result<String, Error> {
        Ok(message.as_text().unwrap_or_default().to_owned())
    }

    fn encode(value: &String) -> Result<Message, Error> {
        Ok(Message::text(value.to_uppercase()))
    }
}

#[test]
fn a_hub_can_write_with_another_codec() {
    let topic = Hub::encoded_by::<Upper>().build().topic("t");
    let mut feed = topic.subscribe();
    topic.publish(&"loud".to_owned()).unwrap();
    assert_eq!(text(&mut feed), "LOUD");

    let topic = Hub::encoded_by::<Raw>().build().topic("t");
    let mut feed = topic.subscribe();
    let frame = Message::binary(vec![0, 255]);
    topic.publish(&frame).unwrap();
    let event = feed.next().now_or_never().unwrap().unwrap();
    assert_eq!(event.message().as_bytes().as_ptr(), frame.as_bytes().as_ptr(), "the payload was copied");
}
