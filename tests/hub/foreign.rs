//! Code that is not the hub's and uses the hub from where the hub calls it: payloads, wakers, encoders, layers of the log.
//!
//! Each test would hang if a lock were held meanwhile; `bounded` turns that into a failure.

use std::{
    mem::{self, ManuallyDrop},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

use bytes::Bytes;
use futures_util::StreamExt as _;
use serde::{Serialize, Serializer};
use sockeye::{Hub, Message, Position, Raw, Subscription, Topic};
use tracing_subscriber::{Layer, layer, prelude::*};

use crate::{is_empty, now, text};

/// Runs it on a thread of its own, so that a deadlock is a failure.
fn bounded(test: impl FnOnce() + Send + 'static) {
    let (done, finished) = mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        test();
        drop(done);
    });
    let over = finished.recv_timeout(Duration::from_mins(1));
    assert_eq!(over, Err(mpsc::RecvTimeoutError::Disconnected), "it hangs: a lock was held");
    thread.join().unwrap();
}

/// Uses everything that a hub offers, so that any of its locks would be met.
fn use_all(topic: &Topic<Message>) {
    topic.publish(&Message::text("from inside")).unwrap();
    let mut other = topic.subscribe();
    assert!(topic.subscribers() > 0);
    topic.publish_from(&other, &Message::text("from inside")).unwrap();
    _ = is_empty(&mut other);
}

/// A payload that uses the hub when it is dropped.
struct Talkative(Topic<Message>, &'static AtomicUsize);

impl AsRef<[u8]> for Talkative {
    fn as_ref(&self) -> &[u8] {
        b"talkative"
    }
}

impl Drop for Talkative {
    fn drop(&mut self) {
        self.1.fetch_add(1, Ordering::Relaxed);
        use_all(&self.0);
    }
}

fn talk(topic: &Topic<Message>, dropped: &'static AtomicUsize) -> Message {
    Message::Binary(Bytes::from_owner(Talkative(topic.clone(), dropped)))
}

#[test]
fn a_payload_may_use_the_hub_when_it_is_dropped() {
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    bounded(|| {
        let topic = Hub::encoded_by::<Raw>().queue(1).build().topic("t");
        topic.publish(&talk(&topic, &DROPPED)).unwrap();
        let mut feed = topic.subscribe();
        topic.publish_from(&feed, &talk(&topic, &DROPPED)).unwrap();
        assert_eq!(DROPPED.load(Ordering::Relaxed), 2, "nobody was to have them");
        topic.publish(&talk(&topic, &DROPPED)).unwrap();
        topic.publish(&Message::text("pushes it out")).unwrap();
        assert_eq!(DROPPED.load(Ordering::Relaxed), 3, "the oldest is dropped");
        while !is_empty(&mut feed) {}
        topic.publish(&talk(&topic, &DROPPED)).unwrap();
        drop(now(&mut feed));
        assert_eq!(DROPPED.load(Ordering::Relaxed), 4, "the last has taken it");
        while !is_empty(&mut feed) {}
        topic.publish(&talk(&topic, &DROPPED)).unwrap();
        drop(feed);
        assert_eq!(DROPPED.load(Ordering::Relaxed), 5, "the last has left");
        let (early, late) = (topic.subscribe(), topic.subscribe());
        topic.publish(&talk(&topic, &DROPPED)).unwrap();
        drop(early);
        drop(late);
        assert_eq!((DROPPED.load(Ordering::Relaxed), topic.subscribers()), (6, 0));
    });
}

#[test]
fn a_payload_that_is_forgotten_may_use_the_hub() {
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    bounded(|| {
        let hub = Hub::encoded_by::<Raw>().history(10).history_age(Duration::from_millis(1)).build();
        let topic = hub.topic("t");
        topic.publish(&talk(&topic, &DROPPED)).unwrap();
        thread::sleep(Duration::from_millis(5));
        let reader = topic.subscribe_from(Position::OLDEST);
        assert_eq!(DROPPED.load(Ordering::Relaxed), 1, "it is too old for a reader");
        drop(reader);
        hub.topic("other").publish(&talk(&topic, &DROPPED)).unwrap();
        thread::sleep(Duration::from_millis(5));
        for n in 0..64 {
            hub.topic(n.to_string()).publish(&Message::text("one of many topics")).unwrap();
        }
        assert_eq!(DROPPED.load(Ordering::Relaxed), 2, "its topic is");
    });
}

/// A payload that panics when it is dropped.
struct Faulty;

impl AsRef<[u8]> for Faulty {
    fn as_ref(&self) -> &[u8] {
        b"faulty"
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        panic!("a payload's own fault");
    }
}

#[test]
fn a_payload_that_panics_when_it_is_forgotten_leaves_no_subscriber_behind() {
    let hub = Hub::encoded_by::<Raw>().history(10).history_age(Duration::from_millis(1)).build();
    hub.topic("faulty").publish(&Message::Binary(Bytes::from_owner(Faulty))).unwrap();
    thread::sleep(Duration::from_millis(5));
    let stays: Vec<_> = (0..60).map(|n| hub.topic(n.to_string()).subscribe()).collect();
    let new = (60..1000).map(|n| hub.topic(n.to_string())).find(|new| {
        let subscribed =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| mem::forget(new.subscribe())));
        subscribed.is_err()
    });
    let new = new.expect("the fault is not hidden");
    assert_eq!(new.subscribers(), 0);
    assert_eq!(new.publish(&Message::text("no one hears it")).unwrap(), 0);
    drop(stays);
}

/// A waker that uses the hub whenever it is touched.
struct Meddler {
    topic: Topic<Message>,
    touched: Arc<AtomicUsize>,
}

impl Wake for Meddler {
    fn wake(self: Arc<Self>) {
        self.touched.fetch_add(1, Ordering::Relaxed);
        use_all(&self.topic);
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        self.touched.fetch_add(1, Ordering::Relaxed);
        use_all(&self.topic);
    }
}

fn poll(feed: &mut Subscription<Message>, waker: &Waker) -> bool {
    let polled = feed.poll_next_unpin(&mut Context::from_waker(waker));
    matches!(polled, Poll::Ready(_))
}

#[test]
fn a_waker_may_use_the_hub_when_it_is_woken_replaced_or_dropped() {
    bounded(|| {
        let touched = Arc::new(AtomicUsize::new(0));
        let topic = Hub::encoded_by::<Raw>().build().topic("t");
        let meddler =
            || Waker::from(Arc::new(Meddler { topic: topic.clone(), touched: Arc::clone(&touched) }));
        let mut feed = topic.subscribe();
        assert!(!poll(&mut feed, &meddler()));
        assert!(!poll(&mut feed, &meddler()));
        assert!(touched.load(Ordering::Relaxed) > 0, "it was replaced");
        while poll(&mut feed, Waker::noop()) {}
        let before = touched.load(Ordering::Relaxed);
        assert!(!poll(&mut feed, &meddler()));
        topic.publish(&Message::text("wakes it")).unwrap();
        assert!(touched.load(Ordering::Relaxed) >= before + 2, "woken and dropped");
        while poll(&mut feed, Waker::noop()) {}
        assert!(!poll(&mut feed, &meddler()));
        let before = touched.load(Ordering::Relaxed);
        drop(feed);
        assert_eq!(touched.load(Ordering::Relaxed), before + 1, "it goes with the subscription");
    });
}

#[test]
fn a_waker_goes_with_its_subscription() {
    struct Holds(#[expect(dead_code, reason = "it is only counted")] Arc<()>);
    impl Wake for Holds {
        fn wake(self: Arc<Self>) {}
    }
    let kept = Arc::new(());
    let topic = Hub::encoded_by::<Raw>().build().topic("t");
    let stays = topic.subscribe();
    let mut feed = topic.subscribe();
    assert!(!poll(&mut feed, &Waker::from(Arc::new(Holds(Arc::clone(&kept))))));
    assert_eq!(Arc::strong_count(&kept), 2);
    drop(feed);
    assert_eq!(Arc::strong_count(&kept), 1, "the waker is kept");
    drop(stays);
}

/// One that panics must not leave those asleep that come after it.
#[test]
fn a_waker_that_panics_leaves_nobody_asleep() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a waker's own fault");
        }
    }
    struct Counts(AtomicUsize);
    impl Wake for Counts {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let topic = Hub::encoded_by::<Raw>().build().topic("t");
    let mut feeds: Vec<_> = (0..3).map(|_| topic.subscribe()).collect();
    let woken = Arc::new(Counts(AtomicUsize::new(0)));
    let wakers = [Arc::clone(&woken).into(), Waker::from(Arc::new(Panics)), Arc::clone(&woken).into()];
    assert!(feeds.iter_mut().zip(&wakers).all(|(feed, waker)| !poll(feed, waker)));
    let publish = || topic.publish(&Message::text("wakes all"));
    let published = std::panic::catch_unwind(std::panic::AssertUnwindSafe(publish));
    assert!(published.is_err(), "the fault is not hidden");
    assert_eq!(woken.0.load(Ordering::Relaxed), 2);
    assert!(feeds.iter_mut().all(|feed| text(feed) == "wakes all"));
}

#[test]
fn an_encoder_may_use_the_hub() {
    static TOPIC: Mutex<Option<Topic<Recursive>>> = Mutex::new(None);
    struct Recursive(u32);
    impl Serialize for Recursive {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let topic = TOPIC.lock().unwrap().clone().unwrap();
            if self.0 > 0 {
                topic.publish(&Self(self.0 - 1)).unwrap();
                drop(topic.subscribe());
            }
            serializer.serialize_u32(self.0)
        }
    }
    bounded(|| {
        let topic = Hub::<Recursive>::new().topic("t");
        *TOPIC.lock().unwrap() = Some(topic.clone());
        let mut feed = topic.subscribe();
        topic.publish(&Recursive(2)).unwrap();
        assert_eq!([text(&mut feed), text(&mut feed), text(&mut feed)], ["0", "1", "2"]);
        // It holds the hub for good; nothing is dropped while the program ends.
        _ = ManuallyDrop::new(topic);
    });
}

/// What the hub logs comes to a layer that publishes, as a `LogStream` of one's own would.
#[test]
fn a_layer_of_the_log_may_use_the_hub() {
    struct Publishes(Topic<Message>);
    impl<S: tracing::Subscriber> Layer<S> for Publishes {
        fn on_event(&self, _: &tracing::Event<'_>, _: layer::Context<'_, S>) {
            use_all(&self.0);
        }
    }
    bounded(|| {
        let topic = Hub::encoded_by::<Raw>().queue(1).build().topic("t");
        let _guard = tracing_subscriber::registry().with(Publishes(topic.clone())).set_default();
        let mut slow = topic.subscribe();
        (0..3).for_each(|_| _ = topic.publish(&Message::text("event")).unwrap());
        assert_eq!(now(&mut slow).unwrap().missed(), 2);
        assert_eq!(text(&mut slow), "from inside", "what was logged was published");
    });
}
