//! What a topic keeps, and readers that come back.

use std::{
    collections::HashSet,
    sync::{Arc, Barrier},
    thread,
    time::Duration,
};

use axum::extract::State;
use futures_util::FutureExt as _;
use sockeye::{
    Gap, Handshake, Hub, Json, Message, Position, Positioned, Raw, Server, SlowPolicy, Subscription,
    testing::TestClient, ws_endpoint,
};

use crate::{is_empty, now, text};

fn hub(events: usize) -> Hub<u32> {
    Hub::builder().history(events).build()
}

fn publish(hub: &Hub<u32>, numbers: impl IntoIterator<Item = u32>) {
    for number in numbers {
        hub.topic("t").publish(&number).unwrap();
    }
}

fn from(hub: &Hub<u32>, position: Position) -> Subscription<u32> {
    hub.topic("t").subscribe_from(position)
}

/// Everything that is there, as numbers.
fn rest(feed: &mut Subscription<u32>) -> Vec<u32> {
    let mut numbers = Vec::new();
    while let Some(event) = feed.next().now_or_never() {
        numbers.push(event.unwrap().message().as_text().unwrap().parse().unwrap());
    }
    numbers
}

#[test]
fn what_no_one_heard_is_kept_as_well() {
    let hub = hub(3);
    publish(&hub, 1..=5);
    assert_eq!(rest(&mut from(&hub, Position::OLDEST)), [3, 4, 5]);
    assert_eq!(rest(&mut from(&hub, Position::OLDEST)), [3, 4, 5], "and kept on");
    assert!(is_empty(&mut hub.topic("t").subscribe()), "who begins now has nothing to catch up with");
}

#[test]
fn a_reader_comes_back_to_its_place_without_gap_or_repetition() {
    let hub = hub(100);
    let mut feed = hub.topic("t").subscribe();
    publish(&hub, 1..=3);
    assert_eq!(text(&mut feed), "1");
    let position = now(&mut feed).unwrap().position().unwrap();
    drop(feed);
    publish(&hub, 4..=5);
    let mut resumed = from(&hub, position);
    assert_eq!(resumed.gap(), None);
    publish(&hub, 6..=7);
    assert_eq!(rest(&mut resumed), [3, 4, 5, 6, 7]);
    assert_eq!(hub.topics(), 1);
}

#[test]
fn a_reader_that_comes_back_too_late_is_told_how_much_is_gone() {
    let hub = hub(2);
    let mut feed = hub.topic("t").subscribe();
    publish(&hub, [1]);
    let position = now(&mut feed).unwrap().position().unwrap();
    drop(feed);
    publish(&hub, 2..=6);
    let mut resumed = from(&hub, position);
    let gap = resumed.gap().unwrap();
    assert_eq!(gap.missed, Some(3), "2, 3, and 4");
    let first = now(&mut resumed).unwrap();
    assert_eq!((first.message().as_text(), first.missed()), (Some("5"), 0), "it is told once, as a gap");
    assert_eq!(rest(&mut from(&hub, gap.position.unwrap())), [5, 6], "the gap says where the reader is now");
}

#[test]
fn a_position_of_another_history_is_an_unknown_gap() {
    let (first, second) = (hub(10), hub(10));
    publish(&first, 1..=9);
    publish(&second, 1..=2);
    let mut feed = from(&first, Position::OLDEST);
    let last = std::iter::from_fn(|| feed.next().now_or_never()).last().unwrap().unwrap();
    let foreign = last.position().unwrap();
    for position in [foreign, "nonsense".parse().unwrap(), "".parse().unwrap(), "0-1".parse().unwrap()] {
        let mut resumed = from(&second, position);
        assert_eq!(resumed.gap().unwrap().missed, None, "{position}");
        assert_eq!(rest(&mut resumed), [1, 2], "what is kept is new to it");
    }
    let ahead = foreign.to_string().replace("-9", "-10").parse().unwrap();
    assert_eq!(from(&first, ahead).gap().unwrap().missed, None, "no event has been there yet");
}

#[test]
fn positions_are_text_and_back() {
    let hub = hub(1);
    publish(&hub, [1]);
    let position = now(&mut from(&hub, Position::OLDEST)).unwrap().position().unwrap();
    assert_eq!(position.to_string().parse(), Ok(position));
    assert_eq!(Position::OLDEST.to_string().parse(), Ok(Position::OLDEST));
}

#[test]
fn a_hub_without_history_says_so() {
    let hub = Hub::<u32>::new();
    let mut feed = from(&hub, Position::OLDEST);
    assert_eq!(feed.gap(), None);
    publish(&hub, [1]);
    let event = now(&mut feed).unwrap();
    assert_eq!(event.position(), None);
    let resumed = from(&hub, "5-5".parse().unwrap());
    assert!(matches!(resumed.gap(), Some(Gap { missed: None, position: None, .. })));
}

#[test]
fn who_has_a_seat_after_a_publisher_gets_what_that_had_published() {
    let hub = hub(10);
    let topic = hub.topic("t");
    let first = topic.subscribe();
    topic.publish_from(&first, &1).unwrap();
    drop(first);
    let mut second = from(&hub, Position::OLDEST);
    assert_eq!(rest(&mut second), [1]);
}

#[test]
fn a_slow_reader_does_not_hold_more_than_the_queue() {
    let hub: Hub<u32> = Hub::builder().queue(5).history(2).slow(SlowPolicy::Disconnect).build();
    let mut slow = hub.topic("t").subscribe();
    let mut slower = hub.topic("t").subscribe();
    publish(&hub, 1..=5);
    assert_eq!(rest(&mut slow), [1, 2, 3, 4, 5]);
    publish(&hub, [6]);
    assert!(now(&mut slower).is_err(), "it is behind by more than 5");
    drop((slow, slower));
    publish(&hub, [7]);
    assert_eq!(rest(&mut from(&hub, Position::OLDEST)), [6, 7], "the history is shorter than the queue");
}

#[test]
fn a_history_is_bounded_in_bytes() {
    let hub: Hub<u32> = Hub::builder().history(1000).queue_bytes(10).build();
    publish(&hub, 100_000..100_009);
    assert_eq!(rest(&mut from(&hub, Position::OLDEST)), [100_008], "6 bytes each");
}

#[tokio::test(start_paused = true)]
async fn old_events_are_forgotten() {
    let hub: Hub<u32> = Hub::builder().history(1000).history_age(Duration::from_secs(10)).build();
    publish(&hub, [1]);
    tokio::time::sleep(Duration::from_secs(6)).await;
    publish(&hub, [2]);
    tokio::time::sleep(Duration::from_secs(6)).await;
    publish(&hub, [3]);
    assert_eq!(rest(&mut from(&hub, Position::OLDEST)), [2, 3]);
}

/// No later event has to come for that.
#[tokio::test(start_paused = true)]
async fn what_is_too_old_is_not_delivered_and_counts_as_gone() {
    let hub: Hub<u32> = Hub::builder().history(1000).history_age(Duration::from_secs(10)).build();
    let mut slow = hub.topic("t").subscribe();
    let mut feed = hub.topic("t").subscribe();
    publish(&hub, 1..=2);
    let first = now(&mut feed).unwrap().position().unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    publish(&hub, [3]);
    tokio::time::sleep(Duration::from_secs(6)).await;
    // The slow one still holds 1 and 2 in the queue.
    let mut oldest = from(&hub, Position::OLDEST);
    assert_eq!((oldest.gap(), rest(&mut oldest)), (None, vec![3]));
    let mut resumed = from(&hub, first);
    assert_eq!((resumed.gap().unwrap().missed, rest(&mut resumed)), (Some(1), vec![3]), "2 is gone");
    assert_eq!((rest(&mut feed), rest(&mut slow)), (vec![2, 3], vec![1, 2, 3]), "who stayed gets all");

    drop((slow, feed, oldest, resumed));
    tokio::time::sleep(Duration::from_secs(6)).await;
    let gap = from(&hub, first).gap().unwrap();
    assert_eq!(gap.missed, Some(2), "nothing is left, and how much there was is still known");
    let mut last = from(&hub, gap.position.unwrap());
    assert_eq!((last.gap(), rest(&mut last)), (None, vec![]));
    publish(&hub, [4]);
    assert_eq!(rest(&mut last), [4]);
}

/// The last subscriber takes a topic along to which nothing was published, maybe while something is.
#[test]
fn nothing_is_lost_that_is_published_while_subscribers_come_and_go() {
    const ROUNDS: usize = 3000;
    let hub = hub(10);
    let start = Barrier::new(2);
    let lost = thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..ROUNDS {
                let topic = hub.topic(round.to_string());
                start.wait();
                (0..20).for_each(|_| drop(topic.subscribe()));
            }
        });
        let is_whole = |round: &usize| {
            let topic = hub.topic(round.to_string());
            start.wait();
            (0..3).for_each(|number| _ = topic.publish(&number).unwrap());
            rest(&mut topic.subscribe_from(Position::OLDEST)) == [0, 1, 2]
        };
        ROUNDS - (0..ROUNDS).filter(is_whole).count()
    });
    assert_eq!(lost, 0, "rounds of {ROUNDS}");
}

#[test]
fn a_history_lets_a_subscriber_be_as_far_behind_as_it_is_long() {
    let hub: Hub<u32> = Hub::builder().queue(2).history(5).slow(SlowPolicy::Disconnect).build();
    let mut slow = hub.topic("t").subscribe();
    publish(&hub, 1..=5);
    assert_eq!(rest(&mut slow), [1, 2, 3, 4, 5]);
    publish(&hub, 6..=11);
    let error = now(&mut slow).unwrap_err().to_string();
    assert!(error.contains("missed 1 event: its queue is limited to 5 events"), "{error}");
}

/// Names that clients choose must not fill the memory.
#[tokio::test(start_paused = true)]
async fn topics_that_no_one_comes_back_for_are_forgotten() {
    let hub: Hub<u32> = Hub::builder().history(1).history_age(Duration::from_secs(10)).build();
    let publish_to = |name: String| hub.topic(name).publish(&1).unwrap();
    for n in 0..30_000 {
        publish_to(format!("many:{n}"));
        tokio::time::advance(Duration::from_micros(10)).await;
    }
    // Many are asked in one turn of the task.
    let kept = |name: String| {
        let mut feed = hub.topic(name).subscribe_from(Position::OLDEST);
        tokio::task::unconstrained(feed.next()).now_or_never().is_some()
    };
    let is_kept = (0..30_000).filter(|n| kept(format!("many:{n}"))).collect::<HashSet<_>>();
    assert!((10_000..=20_000).contains(&is_kept.len()), "{} are kept", is_kept.len());
    assert!(is_kept.contains(&29_999) && !is_kept.contains(&0), "those that were published to last");

    tokio::time::sleep(Duration::from_secs(11)).await;
    for n in 0..20_001 {
        publish_to(format!("new:{n}"));
    }
    assert!(!kept("many:29999".to_owned()), "its hour is over");
}

/// So must few names with large events not.
#[test]
fn topics_that_no_one_listens_to_are_bounded_in_bytes() {
    const MEBIBYTE: usize = 1 << 20;
    let hub = Hub::encoded_by::<Raw>().history(4).build();
    let message = Message::binary(vec![7; MEBIBYTE]);
    let publish_to = |name: usize| hub.topic(name.to_string()).publish(&message).unwrap();
    let heard: Vec<_> = (0..8).map(|name| hub.topic(name.to_string()).subscribe()).collect();
    // 40 topics, and no new one from the second round on.
    (0..4).for_each(|_| (0..40).for_each(|name| _ = publish_to(name)));
    let kept = |name: usize| {
        let mut feed = hub.topic(name.to_string()).subscribe_from(Position::OLDEST);
        std::iter::from_fn(|| feed.next().now_or_never()).count()
    };
    let all: Vec<_> = (0..40).map(kept).collect();
    assert_eq!(all[..8], [4; 8], "those that are listened to do not count");
    let idle = all[8..].iter().sum::<usize>();
    assert!((40..=64).contains(&idle), "{all:?}");
    drop(heard);
    // Eight more topics that no one listens to.
    let idle = (0..40).map(kept).sum::<usize>();
    assert!((40..=64).contains(&idle), "{idle} MiB");
    (100..200).for_each(|name| _ = publish_to(name));
    let is_kept: Vec<_> = (100..200).map(|name| kept(name) > 0).collect();
    assert!(is_kept.is_sorted() && is_kept[60] && !is_kept[20], "the oldest go first: {is_kept:?}");
}

/// One that may hold more keeps it.
#[test]
fn a_large_history_of_one_topic_is_kept() {
    let hub = Hub::encoded_by::<Raw>().history(100).queue_bytes(100 << 20).build();
    let message = Message::binary(vec![7; 1 << 20]);
    (0..120).for_each(|_| _ = hub.topic("t").publish(&message).unwrap());
    let mut feed = hub.topic("t").subscribe_from(Position::OLDEST);
    assert_eq!(std::iter::from_fn(|| feed.next().now_or_never()).count(), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_that_come_and_go_get_every_event_once_and_in_order() {
    const EVENTS: u32 = 20_000;
    let hub = Arc::new(hub(EVENTS as usize));
    let readers: Vec<_> = (0..8)
        .map(|n| {
            let hub = Arc::clone(&hub);
            tokio::spawn(async move {
                let (mut heard, mut position, mut stay) = (Vec::new(), Some(Position::OLDEST), 1 + n);
                while heard.last() != Some(&EVENTS) {
                    let mut feed = hub.topic("t").subscribe_from(position);
                    assert_eq!(feed.gap(), None);
                    for _ in 0..stay {
                        let event = feed.next().await.unwrap();
                        position = event.position();
                        heard.push(event.message().as_text().unwrap().parse().unwrap());
                        if heard.last() == Some(&EVENTS) {
                            break;
                        }
                    }
                    stay = (stay * 7) % 301 + 1;
                }
                heard
            })
        })
        .collect();
    for number in 1..=EVENTS {
        publish(&hub, [number]);
        if number % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    for reader in readers {
        assert_eq!(reader.await.unwrap(), (1..=EVENTS).collect::<Vec<_>>());
    }
}

/// Numbers, without a gap across reconnects.
#[ws_endpoint("/resume", group = "history")]
async fn resume(
    handshake: Handshake<Json<(), Positioned<u32>>>,
    State(hub): State<Hub<u32>>,
) -> sockeye::Result {
    let mut feed = hub.topic("t").subscribe_from(handshake.position());
    let mut socket = handshake.accept().await?;
    if let Some(gap) = feed.gap() {
        socket.send(Positioned::Gap(gap)).await?;
    }
    loop {
        tokio::select! {
            message = socket.recv() => if message?.is_none() { return Ok(()) },
            event = feed.next() => socket.send(event?).await?,
        }
    }
}

#[tokio::test]
async fn a_client_resumes_over_a_socket() -> Result<(), Box<dyn std::error::Error>> {
    let hub = hub(2);
    let client = TestClient::new(Server::new().group("history").state(hub.clone())).await?;
    let mut socket = client.connect("/resume").await?;
    publish(&hub, [7]);
    let first: serde_json::Value = socket.recv_json().await?;
    assert_eq!(first["event"], 7);
    let position = first["position"].as_str().ok_or("a position")?.to_owned();
    drop(socket);

    publish(&hub, 8..=9);
    let mut socket = client.connect(&format!("/resume?a=b&position={position}")).await?;
    assert_eq!(socket.recv_json::<serde_json::Value>().await?["event"], 8);
    assert_eq!(socket.recv_json::<serde_json::Value>().await?["event"], 9);

    publish(&hub, [10]);
    let mut late = client.connect(&format!("/resume?position={position}")).await?;
    let gap: serde_json::Value = late.recv_json().await?;
    assert_eq!((&gap["sockeye"], &gap["missed"]), (&"gap".into(), &1.into()), "{gap}");
    assert!(gap["position"].is_string());
    assert_eq!(late.recv_json::<serde_json::Value>().await?["event"], 9);

    let mut foreign = client.connect("/resume?position=abc-1").await?;
    let gap: serde_json::Value = foreign.recv_json().await?;
    assert!(gap["missed"].is_null(), "{gap}");
    Ok(())
}
