//! Several hubs that share their topics: the seam behind which a broker stands.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::FutureExt as _;
use sockeye::{
    Delivery, Hub, Lost, Message, Raw, Ready as _, Subscription,
    backplane::{Inlet, Order, Outlet},
};
use sockeye_tests::{logs, within};

use crate::{broker::Broker, is_empty, now, text};

/// Lets everything that can happen happen; time is paused.
pub(crate) async fn settle() {
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
}

pub(crate) async fn next(feed: &mut Subscription<u32>) -> (String, Lost) {
    let event = within(feed.next()).await.expect("an event");
    (event.message().as_text().expect("text").to_owned(), event.lost())
}

/// What is lost, though no event says so.
pub(crate) async fn lost(feed: &mut Subscription<u32>) -> Lost {
    match within(feed.next_or_lost()).await.expect("something") {
        Delivery::Lost(lost) => lost,
        Delivery::Event(event) => panic!("{event:?} came"),
    }
}

/// Two machines that are connected, and a subscriber on the second.
pub(crate) async fn two(broker: &Broker) -> (Hub<u32>, Hub<u32>, Subscription<u32>) {
    let (here, there) = (broker.hub(), broker.hub());
    within(here.clone().ready()).await.expect("connected");
    within(there.clone().ready()).await.expect("connected");
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    (here, there, far)
}

#[tokio::test(start_paused = true)]
async fn events_reach_the_subscribers_of_every_hub() {
    let broker = Broker::default();
    let (here, there, mut far) = two(&broker).await;
    let mut near = here.topic("t").subscribe();
    within(near.confirmed()).await;
    assert_eq!(here.topic("t").publish(&1).unwrap(), 1, "the count is of this process");
    assert_eq!([next(&mut near).await.0, next(&mut far).await.0], ["1", "1"]);
    there.topic("t").publish(&2).unwrap();
    assert_eq!(
        [next(&mut near).await, next(&mut far).await],
        [("2".to_owned(), Lost::default()), ("2".to_owned(), Lost::default())]
    );
    assert_eq!(here.topic("t").publish_from(&near, &3).unwrap(), 0);
    assert_eq!(next(&mut far).await.0, "3");
    settle().await;
    assert!(is_empty(&mut near) && is_empty(&mut far), "an event came twice, or to its publisher");
}

#[tokio::test(start_paused = true)]
async fn a_publisher_need_not_listen_and_payloads_are_passed_on() {
    let broker = Broker::default();
    let (here, there, mut one) = two(&broker).await;
    let mut two = there.topic("t").subscribe();
    assert_eq!(here.topic("t").publish(&1).unwrap(), 0);
    settle().await;
    let (first, second) = (now(&mut one).unwrap(), now(&mut two).unwrap());
    assert_eq!(first.message().as_bytes().as_ptr(), second.message().as_bytes().as_ptr());
    assert!(broker.inlet(1).deliver("t", "written by a program in another language"));
    assert!(broker.inlet(1).deliver("t", vec![0, 255]));
    assert_eq!(text(&mut one), "written by a program in another language");
    assert_eq!(*now(&mut one).unwrap().message(), Message::binary(vec![0, 255]));
    assert!(broker.inlet(1).deliver("t", "\x01sockeye/7 from the future"));
    drop((now(&mut two), now(&mut two)));
    assert!(is_empty(&mut one) && is_empty(&mut two), "what cannot be read went to clients");
}

#[tokio::test(start_paused = true)]
async fn what_kind_of_message_it_was_is_kept() {
    let broker = Broker::default();
    let (here, there) = (broker.join(Hub::encoded_by::<Raw>()), broker.join(Hub::encoded_by::<Raw>()));
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    within(here.clone().ready()).await.unwrap();
    let messages = [
        Message::binary("text"),
        Message::text("text"),
        Message::binary(vec![]),
        Message::text("\x01sockeye/1 m"),
    ];
    for message in &messages {
        here.topic("t").publish(message).unwrap();
        assert_eq!(within(far.next()).await.unwrap().message(), message);
    }
}

#[tokio::test(start_paused = true)]
async fn the_broker_is_told_who_listens() {
    let broker = Broker::default();
    let hub = broker.hub();
    let first = hub.topic("a").subscribe();
    let second = hub.topic("a").subscribe();
    let other = hub.topic("b").subscribe();
    settle().await;
    drop(first);
    settle().await;
    drop(second);
    settle().await;
    // It comes and goes before the broker can be told.
    (0..100).for_each(|_| drop(hub.topic("c").subscribe()));
    drop(hub.topic("b").subscribe());
    settle().await;
    drop(other);
    settle().await;
    broker.lock().asked[..2].sort();
    assert_eq!(broker.lock().asked, ["0+a", "0+b", "0-a", "0-b"]);
}

/// Whatever happens at the same time, the last thing that the broker hears is how it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_broker_hears_is_in_order() {
    let broker = Broker::default();
    let hub = broker.hub();
    let topics = hub.clone();
    let churn = move || {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..500).for_each(|_| drop(topics.topic("t").subscribe())));
            }
        });
    };
    within(tokio::task::spawn_blocking(churn)).await.unwrap();
    let mut last = hub.topic("u").subscribe();
    within(last.confirmed()).await;
    within(async {
        while broker.wanted(0) > 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let asked: Vec<_> = broker.lock().asked.iter().filter(|one| one.ends_with('t')).cloned().collect();
    assert!(asked.chunks(2).all(|pair| pair == ["0+t", "0-t"]), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_loss_is_reported_and_costs_the_publisher_nothing() {
    logs::listen();
    let broker = Broker::default();
    let (here, _there, mut far) = two(&broker).await;
    let mut near = here.topic("t").subscribe();
    let lossy = here.topic("lossy");
    (0..2).for_each(|number| broker.cut(number));
    settle().await;
    for n in 1..4 {
        assert_eq!(here.topic("t").publish(&n).unwrap(), 1);
        lossy.publish(&n).unwrap();
    }
    let event = now(&mut near).unwrap();
    assert!(event.after_outage() && event.message().as_text() == Some("1"));
    assert!(!now(&mut near).unwrap().after_outage());
    assert!(is_empty(&mut far));
    (0..2).for_each(|number| broker.restore(number));
    settle().await;
    here.topic("t").publish(&4).unwrap();
    settle().await;
    let event = now(&mut far).unwrap();
    assert!(event.after_outage() && event.message().as_text() == Some("4"));
    here.topic("t").publish(&5).unwrap();
    assert!(!next(&mut far).await.1.after_outage);

    let lost = logs::with("reason", "connection reset by peer");
    assert!(lost.len() >= 2 && lost.iter().all(|line| line.get("rule") == "backplane_lost"));
    assert!(logs::with("reason", "still no connection").is_empty(), "it is said once");
    assert_eq!(logs::with("unsent", "6").len(), 1, "those that were lost are counted");
}

/// The subscriber's own connection is fine, so only the publisher can know.
#[tokio::test(start_paused = true)]
async fn an_outage_of_the_publisher_is_seen_by_subscribers() {
    let broker = Broker::default();
    let (here, there, mut far) = two(&broker).await;
    let mut quiet = there.topic("quiet").subscribe();
    let mut unconcerned = there.topic("unconcerned").subscribe();
    within(unconcerned.confirmed()).await;
    here.topic("t").publish(&0).unwrap();
    assert_eq!(next(&mut far).await.1, Lost::default());
    broker.cut(0);
    settle().await;
    (1..4).for_each(|n| _ = here.topic("t").publish(&n).unwrap());
    here.topic("quiet").publish(&1).unwrap();
    broker.restore(0);
    settle().await;

    // Nothing is published any more: the last event of each topic is lost.
    let known = lost(&mut far).await;
    assert_eq!((known.unreceived, known.missed, known.after_outage), (3, 0, false));
    assert_eq!(lost(&mut quiet).await.unreceived, 1, "a publisher that was never heard before");
    assert!(is_empty(&mut unconcerned) && unconcerned.next_or_lost().now_or_never().is_none());
    here.topic("t").publish(&4).unwrap();
    assert_eq!(next(&mut far).await, ("4".to_owned(), Lost::default()), "it was told already");
}

/// Who only takes events is told with the next one.
#[tokio::test(start_paused = true)]
async fn the_next_event_says_how_many_are_lost() {
    let broker = Broker::default();
    let (here, _there, mut far) = two(&broker).await;
    here.topic("t").publish(&0).unwrap();
    settle().await;
    broker.lock().swallows = 2;
    (1..4).for_each(|n| _ = here.topic("t").publish(&n).unwrap());
    settle().await;
    broker.lock().drops = 1;
    (4..6).for_each(|n| _ = here.topic("t").publish(&n).unwrap());
    settle().await;
    let mut seen = Vec::new();
    while let Some(event) = far.next().now_or_never() {
        let event = event.unwrap();
        seen.push((event.message().as_text().unwrap().to_owned(), event.lost().unreceived));
    }
    // The gap is told where it is, however far behind the subscriber.
    let expected = [("0", 0), ("3", 2), ("5", 1)].map(|(event, lost)| (event.to_owned(), lost));
    assert_eq!(seen, expected);
}

#[tokio::test(start_paused = true)]
async fn what_the_broker_has_not_confirmed_is_told_as_lost() {
    logs::listen();
    let broker = Broker::default();
    let (here, _there, mut far) = two(&broker).await;
    broker.lock().drops = 1;
    here.topic("t").publish(&1).unwrap();
    assert_eq!(lost(&mut far).await.unreceived, 1);
    // The mark is lost as well, and comes again.
    broker.lock().drops = 3;
    here.topic("t").publish(&2).unwrap();
    assert_eq!(lost(&mut far).await.unreceived, 1);
    here.topic("t").publish(&3).unwrap();
    assert_eq!(next(&mut far).await, ("3".to_owned(), Lost::default()));
    assert!(!logs::with("reason", "the broker has not confirmed it").is_empty());
    // An event that the broker refuses, and the mark that tells of it.
    broker.lock().refused_packets = 2;
    here.topic("t").publish(&4).unwrap();
    assert_eq!(lost(&mut far).await.unreceived, 1);
    let refused = logs::with("reason", "it is too large");
    assert_eq!(refused.len(), 1);
    assert_eq!((refused[0].get("rule"), refused[0].get("topic")), ("backplane_lost", "t"));
}

#[tokio::test(start_paused = true)]
async fn what_comes_twice_is_left_out() {
    let broker = Broker::default();
    let (here, _there, mut far) = two(&broker).await;
    broker.lock().doubles = 3;
    (1..6).for_each(|n| _ = here.topic("t").publish(&n).unwrap());
    settle().await;
    assert_eq!([(); 5].map(|()| text(&mut far)), ["1", "2", "3", "4", "5"]);
    assert!(is_empty(&mut far));
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_is_refused_is_asked_for_again() {
    logs::listen();
    let broker = Broker::default();
    let (here, there) = (broker.hub(), broker.hub());
    settle().await;
    broker.lock().refuses = 3;
    let mut far = there.topic("refused").subscribe();
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    let not_ready = there.clone().ready().await.unwrap_err().to_string();
    assert_eq!(not_ready, "the broker refuses 1 topic: not today");
    assert!(far.confirmed().now_or_never().is_none());
    within(far.confirmed()).await;
    assert_eq!(broker.lock().asked.len(), 4);
    there.clone().ready().await.unwrap();
    here.topic("refused").publish(&1).unwrap();
    assert!(next(&mut far).await.1.after_outage, "others may have published meanwhile");
    let said = logs::with("topic", "refused");
    assert_eq!(said.len(), 1, "it is said once");
    assert_eq!((said[0].get("rule"), said[0].get("reason")), ("backplane_lost", "not today"));
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_is_not_answered_is_asked_for_again() {
    let broker = Broker::default();
    let (here, there) = (broker.hub(), broker.hub());
    settle().await;
    broker.lock().ignores = 1;
    let mut far = there.topic("t").subscribe();
    settle().await;
    assert!(far.confirmed().now_or_never().is_none() && there.clone().ready().now_or_never().is_none());
    within(far.confirmed()).await;
    here.topic("t").publish(&1).unwrap();
    assert_eq!(next(&mut far).await.0, "1");
}

/// As in a storm of reconnects.
#[tokio::test(start_paused = true)]
async fn nobody_who_subscribes_in_an_outage_stays_deaf() {
    const TOPICS: usize = 3000;
    let broker = Broker::default();
    let (here, there, _far) = two(&broker).await;
    broker.cut(1);
    settle().await;
    let mut feeds: Vec<_> = (0..TOPICS).map(|n| there.topic(format!("x{n}")).subscribe()).collect();
    broker.restore(1);
    for feed in &mut feeds {
        within(feed.confirmed()).await;
    }
    for n in 0..TOPICS {
        here.topic(format!("x{n}")).publish(&7).unwrap();
        tokio::task::yield_now().await;
    }
    for feed in &mut feeds {
        let (event, lost) = next(feed).await;
        assert!(event == "7" && lost.after_outage);
    }
}

/// What waits for the broker is bounded, and what goes beyond is known.
#[tokio::test(start_paused = true)]
async fn a_flood_is_bounded_and_its_losses_are_counted() {
    let broker = Broker::default();
    let (here, _there, mut far) = two(&broker).await;
    (0..10_000).for_each(|n| _ = here.topic("t").publish(&n).unwrap());
    let (mut came, mut lost) = (0, 0);
    while came + lost < 10_000 {
        match within(far.next_or_lost()).await.unwrap() {
            Delivery::Event(event) => {
                came += 1;
                lost += event.lost().unreceived + event.lost().missed;
            }
            Delivery::Lost(more) => lost += more.unreceived,
        }
    }
    assert_eq!(came + lost, 10_000);
}

/// A broker's task may use the hub in everything that it does.
#[tokio::test(start_paused = true)]
async fn a_backplane_may_use_the_hub() {
    async fn meddle(hub: Arc<std::sync::OnceLock<Hub<u32>>>, inlet: Inlet, mut outlet: Outlet) {
        inlet.connected();
        let mut publishes = 0;
        while let Some(order) = outlet.next().await {
            let Some(hub) = hub.get() else { return };
            drop(hub.topic("from inside").subscribe());
            match order {
                Order::Subscribe(order) => {
                    inlet.deliver(order.topic(), "welcome");
                    order.confirm();
                }
                Order::Publish(order) => {
                    publishes += 1;
                    if publishes < 4 {
                        hub.topic("t").publish(&publishes).unwrap();
                    }
                    inlet.deliver(order.topic(), "echo");
                    order.confirm();
                }
                _ => {}
            }
        }
    }
    let given = Arc::new(std::sync::OnceLock::new());
    let shared = Arc::clone(&given);
    let hub = Hub::<u32>::builder()
        .backplane(move |inlet: Inlet, outlet: Outlet| meddle(shared, inlet, outlet))
        .build();
    given.set(hub.clone()).unwrap();
    let mut feed = hub.topic("t").subscribe();
    within(feed.confirmed()).await;
    hub.topic("t").publish(&0).unwrap();
    // Less than until a mark comes.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let all: Vec<_> = std::iter::from_fn(|| feed.next().now_or_never())
        .map(|event| event.unwrap().into_message())
        .collect();
    let expected = ["welcome", "0", "1", "echo", "2", "echo", "3", "echo", "echo"].map(Message::text);
    assert_eq!(all, expected);
}

/// It must not leave a hub behind that looks connected.
#[tokio::test(start_paused = true)]
async fn a_backplane_that_panics_is_a_loss() {
    let hub = Hub::<u32>::builder()
        .backplane(|inlet: Inlet, outlet: Outlet| async move {
            let _outlet = outlet;
            inlet.connected();
            tokio::task::yield_now().await;
            panic!("a bug in the backplane");
        })
        .build();
    let mut feed = hub.topic("t").subscribe();
    assert!(lost(&mut feed).await.after_outage);
    let not_ready = hub.ready().await.unwrap_err().to_string();
    assert_eq!(not_ready, "the backplane is not connected: the backplane has stopped");
}

#[tokio::test(start_paused = true)]
async fn the_backplane_ends_with_its_hub_and_takes_the_last_events_along() {
    let broker = Broker::default();
    let (here, there, mut far) = two(&broker).await;
    let mut near = here.topic("t").subscribe();
    let inlet = broker.inlet(0);
    here.topic("t").publish(&1).unwrap();
    drop(here);
    assert!(!inlet.deliver("t", "2"), "nobody can publish any more");
    assert_eq!(text(&mut near), "1");
    assert!(now(&mut near).is_err());
    assert_eq!(next(&mut far).await, ("1".to_owned(), Lost::default()));
    settle().await;
    assert_eq!(broker.lock().ended, 1);
    broker.cut(1);
    drop((there, far));
    settle().await;
    assert_eq!(broker.lock().ended, 2, "it ends though it is not connected");
}

/// A hub in a static, or made before `main` has a runtime.
#[test]
fn a_hub_that_is_made_outside_of_a_runtime_connects_when_it_is_used() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let hub = Hub::<u32>::builder()
        .backplane(move |inlet: Inlet, mut outlet: Outlet| async move {
            counted.fetch_add(1, Ordering::Relaxed);
            inlet.connected();
            while let Some(order) = outlet.next().await {
                if let Order::Subscribe(order) = order {
                    order.confirm();
                }
            }
        })
        .build();
    let mut early = hub.topic("t").subscribe();
    hub.topic("t").publish(&1).unwrap();
    assert_eq!(text(&mut early), "1");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut feed = hub.topic("u").subscribe();
        within(feed.confirmed()).await;
        within(early.confirmed()).await;
    });
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[test]
fn a_hub_in_one_process_is_confirmed_at_once() {
    let mut feed = Hub::<u32>::new().topic("t").subscribe();
    assert!(feed.confirmed().now_or_never().is_some());
    assert!(feed.next_or_lost().now_or_never().unwrap().is_err(), "the hub is gone");
}
