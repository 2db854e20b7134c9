//! Many publishers and subscribers on several threads.

use sockeye::{Hub, Topic};
use sockeye_tests::within;
use tokio::task::JoinSet;

const PUBLISHERS: usize = 8;
const EACH: usize = 2000;

/// Publishes `[publisher, number]` in order.
fn publishers(topic: &Topic<[usize; 2]>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for publisher in 0..PUBLISHERS {
        let topic = topic.clone();
        tasks.spawn(async move {
            for number in 0..EACH {
                topic.publish(&[publisher, number]).expect("encodes");
                if number % 16 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        });
    }
    tasks
}

/// Receives until every event is accounted for. Says how many came, and how many it was told that it missed.
async fn subscriber(topic: Topic<[usize; 2]>, subscribed: tokio::sync::mpsc::Sender<()>) -> (usize, usize) {
    let mut feed = topic.subscribe();
    drop((topic, subscribed));
    let (mut came, mut missed) = (0, 0);
    let mut last = [None; PUBLISHERS];
    while came + missed < PUBLISHERS * EACH {
        let event = feed.next().await.expect("an event");
        let [publisher, number]: [usize; 2] =
            serde_json::from_slice(event.message().as_bytes()).expect("json");
        assert!(last[publisher] < Some(number), "{number} after {:?} of {publisher}", last[publisher]);
        if event.missed() == 0 && missed == 0 {
            assert_eq!(last[publisher].map_or(0, |last| last + 1), number, "an event is missing");
        }
        last[publisher] = Some(number);
        came += 1;
        missed += usize::try_from(event.missed()).expect("a small number");
    }
    assert_eq!(came + missed, PUBLISHERS * EACH);
    (came, missed)
}

async fn run(queue: usize, subscribers: usize) -> Vec<(usize, usize)> {
    let hub = Hub::<[usize; 2]>::builder().queue(queue).build();
    let topic = hub.topic("t");
    let (subscribed, mut all_subscribed) = tokio::sync::mpsc::channel(1);
    let mut receiving = JoinSet::new();
    // It never takes anything.
    let stuck = topic.subscribe();
    for _ in 0..subscribers {
        receiving.spawn(subscriber(topic.clone(), subscribed.clone()));
    }
    drop(subscribed);
    assert_eq!(within(all_subscribed.recv()).await, None);
    let publishing = publishers(&topic);
    within(publishing.join_all()).await;
    let counts = within(receiving.join_all()).await;
    drop(stuck);
    assert_eq!(hub.topics(), 0);
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_event_comes_once_and_in_its_publishers_order() {
    for (came, missed) in run(PUBLISHERS * EACH, 8).await {
        assert_eq!((came, missed), (PUBLISHERS * EACH, 0));
    }
}

/// With a queue that is too short, what does not come is counted. The last event always comes, so a subscriber that is
/// not woken would hang here.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_does_not_come_is_counted() {
    for (came, missed) in run(4, 8).await {
        assert_eq!(came + missed, PUBLISHERS * EACH);
    }
}

/// Topics come and go under publishers and subscribers; none is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn topics_come_and_go() {
    // Long enough for everything that is ever published: a task that the machine stops must not miss its own event.
    let hub = Hub::<usize>::builder().queue(8 * 1000).build();
    let mut tasks = JoinSet::new();
    for worker in 0..8 {
        let hub = hub.clone();
        tasks.spawn(async move {
            for round in 0..1000 {
                let topic = hub.topic(format!("topic {}", round % 3));
                let mut feed = topic.subscribe();
                // Others publish here too, but this one comes as well.
                topic.publish(&worker).expect("encodes");
                let own = worker.to_string();
                while feed.next().await.expect("an event").message().as_text() != Some(&own) {}
            }
        });
    }
    within(tasks.join_all()).await;
    assert_eq!(hub.topics(), 0);
}
