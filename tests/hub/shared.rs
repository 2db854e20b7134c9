//! A history that the broker keeps: all machines number its events alike, and a client resumes on any of them.

use std::time::Duration;

use futures_util::FutureExt as _;
use sockeye::{Delivery, Hub, Lost, Position, Ready as _, Subscription};
use sockeye_tests::within;

use crate::{
    backplane::{next, settle},
    keeper::Keeper,
};

/// Two machines that are connected.
async fn two(keeper: &Keeper) -> (Hub<u32>, Hub<u32>) {
    let hubs = (keeper.hub(100), keeper.hub(100));
    within(hubs.0.clone().ready()).await.expect("connected");
    within(hubs.1.clone().ready()).await.expect("connected");
    hubs
}

async fn from(hub: &Hub<u32>, position: Position) -> Subscription<u32> {
    let mut feed = hub.topic("t").subscribe_from(position);
    within(feed.confirmed()).await;
    feed
}

fn publish(hub: &Hub<u32>, numbers: impl IntoIterator<Item = u32>) {
    numbers.into_iter().for_each(|number| _ = hub.topic("t").publish(&number).unwrap());
}

/// Everything that comes, as numbers, without a loss.
async fn whole(feed: &mut Subscription<u32>) -> Vec<u32> {
    let (numbers, lost) = rest(feed).await;
    assert_eq!(lost, [], "{numbers:?}");
    numbers
}

async fn rest(feed: &mut Subscription<u32>) -> (Vec<u32>, Vec<Lost>) {
    settle().await;
    let (mut numbers, mut losses) = (Vec::new(), Vec::new());
    while let Some(delivery) = feed.next_or_lost().now_or_never() {
        let lost = match delivery.unwrap() {
            Delivery::Event(event) => {
                numbers.push(event.message().as_text().unwrap().parse().unwrap());
                event.lost()
            }
            Delivery::Lost(lost) => lost,
        };
        losses.extend(Some(lost).filter(|lost| !lost.is_nothing()));
    }
    (numbers, losses)
}

fn lost(unreceived: u64, after_outage: bool) -> Lost {
    let mut lost = Lost::default();
    (lost.unreceived, lost.after_outage) = (unreceived, after_outage);
    lost
}

#[tokio::test(start_paused = true)]
async fn every_machine_gives_an_event_the_same_position_and_order() {
    let keeper = Keeper::default();
    let (here, there) = two(&keeper).await;
    let (mut near, mut far) = (from(&here, Position::OLDEST).await, from(&there, Position::OLDEST).await);
    for number in 0..20 {
        publish(if number % 2 == 0 { &here } else { &there }, [number]);
    }
    settle().await;
    for _ in 0..20 {
        let (one, other) = (within(near.next()).await.unwrap(), within(far.next()).await.unwrap());
        assert_eq!(one.message(), other.message());
        assert_eq!(one.position(), other.position());
        assert!(one.position().is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_resumes_on_another_machine_and_after_a_restart() {
    let keeper = Keeper::default();
    let (here, there) = two(&keeper).await;
    let mut feed = from(&here, Position::OLDEST).await;
    publish(&there, 1..=5);
    settle().await;
    assert_eq!(next(&mut feed).await.0, "1");
    let position = within(feed.next()).await.unwrap().position().unwrap();
    drop((feed, here));
    publish(&there, 6..=7);
    settle().await;
    let restarted = keeper.hub(100);
    let mut resumed = restarted.topic("t").subscribe_from(position);
    publish(&there, 8..=9);
    assert_eq!(whole(&mut resumed).await, [3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(resumed.gap(), None);
}

#[tokio::test(start_paused = true)]
async fn who_subscribes_gets_what_its_own_machine_publishes_at_once() {
    let keeper = Keeper::default();
    let (here, _there) = two(&keeper).await;
    publish(&here, [1]);
    let mut feed = here.topic("t").subscribe();
    publish(&here, [2]);
    assert_eq!(whole(&mut feed).await, [2], "it begins with the subscription, though the broker is slow");
    publish(&here, [3]);
    assert_eq!(whole(&mut feed).await, [3]);
}

#[tokio::test(start_paused = true)]
async fn a_publisher_does_not_receive_its_own_events() {
    let keeper = Keeper::default();
    let (here, there) = two(&keeper).await;
    let (mut alice, mut bob) = (from(&here, Position::OLDEST).await, from(&there, Position::OLDEST).await);
    let mut other = here.topic("t").subscribe();
    within(other.confirmed()).await;
    assert_eq!(here.topic("t").publish_from(&alice, &1).unwrap(), 1);
    publish(&here, [2]);
    assert_eq!(whole(&mut alice).await, [2]);
    assert_eq!(whole(&mut bob).await, [1, 2]);
    assert_eq!(whole(&mut other).await, [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn what_is_published_during_an_outage_of_this_machine_is_caught_up() {
    let keeper = Keeper::default();
    let (here, there) = two(&keeper).await;
    let mut far = from(&there, Position::OLDEST).await;
    publish(&here, [1]);
    assert_eq!(whole(&mut far).await, [1]);
    keeper.cut(1);
    settle().await;
    publish(&here, 2..=50);
    settle().await;
    keeper.restore(1);
    settle().await;
    publish(&here, [51]);
    assert_eq!(whole(&mut far).await, (2..=51).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_is_longer_than_the_history_is_counted() {
    let keeper = Keeper::default();
    let (here, there) = two(&keeper).await;
    let mut far = from(&there, Position::OLDEST).await;
    publish(&here, [1]);
    let position = within(far.next()).await.unwrap().position().unwrap();
    keeper.cut(1);
    settle().await;
    publish(&here, 2..=151);
    settle().await;
    keeper.restore(1);
    let (numbers, losses) = rest(&mut far).await;
    assert_eq!((numbers, losses), ((52..=151).collect(), vec![lost(50, false)]));
    let mut back = from(&there, position).await;
    assert_eq!(back.gap().and_then(|gap| gap.missed), Some(50));
    assert_eq!(whole(&mut back).await.len(), 100);
}

/// Nothing follows that could tell.
#[tokio::test(start_paused = true)]
async fn what_the_broker_keeps_and_does_not_deliver_is_fetched() {
    let keeper = Keeper::default();
    let (here, there) = two(&keeper).await;
    let mut far = from(&there, Position::OLDEST).await;
    publish(&here, [1]);
    assert_eq!(whole(&mut far).await, [1]);
    keeper.lock().swallows = 1;
    publish(&here, [2]);
    assert_eq!(whole(&mut far).await, [2], "its mark tells");
    keeper.lock().swallows = 2;
    publish(&here, 3..=5);
    assert_eq!(whole(&mut far).await, [3, 4, 5], "the next event tells");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_reach_the_broker_is_counted_on_every_machine() {
    let keeper = Keeper::default();
    let (here, there) = two(&keeper).await;
    let (mut near, mut far) = (from(&here, Position::OLDEST).await, from(&there, Position::OLDEST).await);
    publish(&here, [1]);
    assert_eq!((whole(&mut near).await, whole(&mut far).await), (vec![1], vec![1]));
    keeper.lock().drops = 1;
    publish(&here, [2]);
    settle().await;
    publish(&here, [3]);
    let expected = (vec![3], vec![lost(1, false)]);
    assert_eq!((rest(&mut near).await, rest(&mut far).await), (expected.clone(), expected));
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_loses_its_data_begins_another_epoch() {
    let keeper = Keeper::default();
    let (here, there) = two(&keeper).await;
    let mut far = from(&there, Position::OLDEST).await;
    publish(&here, 1..=3);
    assert_eq!(whole(&mut far).await, [1, 2, 3]);
    let mut leaving = from(&there, Position::OLDEST).await;
    let position = within(leaving.next()).await.unwrap().position().unwrap();
    drop(leaving);
    keeper.forget();
    publish(&here, 4..=5);
    let (numbers, losses) = rest(&mut far).await;
    assert_eq!((numbers, losses), (vec![4, 5], vec![lost(0, true)]));
    let mut back = from(&there, position).await;
    settle().await;
    assert_eq!(back.gap().expect("it is another epoch").missed, None);
    assert_eq!(whole(&mut back).await, [4, 5]);
}

/// A handler asks for the gap before it accepts, when the broker has not answered yet.
#[tokio::test(start_paused = true)]
async fn a_gap_that_no_one_asks_for_comes_with_the_first_event() {
    let keeper = Keeper::default();
    let (here, there) = two(&keeper).await;
    let mut feed = from(&here, Position::OLDEST).await;
    publish(&here, 1..=150);
    let position = within(feed.next()).await.unwrap().position().unwrap();
    settle().await;
    let mut resumed = there.topic("t").subscribe_from(position);
    assert_eq!(resumed.gap(), None, "not known yet");
    settle().await;
    assert_eq!(next(&mut resumed).await, ("51".to_owned(), lost(49, false)));
    assert_eq!(next(&mut resumed).await, ("52".to_owned(), Lost::default()));
    let mut nonsense = there.topic("t").subscribe_from("77-1".parse::<Position>().unwrap());
    settle().await;
    assert_eq!(next(&mut nonsense).await, ("51".to_owned(), lost(0, true)));
}

/// A position that the broker has assigned, and of which this machine has not heard.
#[tokio::test(start_paused = true)]
async fn a_machine_that_is_behind_asks_the_broker() {
    let keeper = Keeper::default();
    let (here, there) = two(&keeper).await;
    let (mut near, _far) = (from(&here, Position::OLDEST).await, from(&there, Position::OLDEST).await);
    publish(&here, 1..=2);
    assert_eq!(whole(&mut near).await, [1, 2]);
    keeper.lock().swallows = 1;
    publish(&here, [3]);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut newer = here.topic("t").subscribe_from(Position::OLDEST);
    settle().await;
    let last = std::iter::from_fn(|| newer.next().now_or_never()).last().unwrap().unwrap();
    let position = last.position().unwrap();
    let mut resumed = there.topic("t").subscribe_from(position);
    publish(&here, [4]);
    assert_eq!(whole(&mut resumed).await, [4]);
    assert_eq!(resumed.gap(), None);
}

#[tokio::test(start_paused = true)]
async fn events_wait_for_an_answer_that_takes_long() {
    let keeper = Keeper::default();
    let (here, there) = two(&keeper).await;
    publish(&here, 1..=10);
    settle().await;
    keeper.lock().delay = Duration::from_secs(2);
    let mut far = there.topic("t").subscribe_from(Position::OLDEST);
    for number in 11..=60 {
        publish(&here, [number]);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(whole(&mut far).await, (1..=60).collect::<Vec<_>>());
    assert!(keeper.lock().asked <= 4, "{}", keeper.lock().asked);
}

/// Machines are cut off and come back, deliveries are lost, clients leave and come back elsewhere. Each client gets every event once and in order,
/// or is told how many it does not get.
#[tokio::test(start_paused = true)]
async fn whatever_fails_no_client_gets_an_event_twice_or_misses_one_silently() {
    for seed in 0..200 {
        chaos(seed).await;
    }
}

async fn chaos(seed: u64) {
    const MACHINES: usize = 3;
    let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |limit: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % limit
    };
    let keeper = Keeper::default();
    let hubs: Vec<_> = (0..MACHINES).map(|_| keeper.hub(30)).collect();
    for hub in &hubs {
        within(hub.clone().ready()).await.expect("connected");
    }
    let mut client =
        Client { feed: from(&hubs[0], Position::OLDEST).await, at: None, came: Vec::new(), told: 0 };
    let mut published = 0;
    for _ in 0..200 {
        let machine = usize::try_from(below(MACHINES as u64)).unwrap();
        match below(12) {
            0 => {
                keeper.cut(machine);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            1 | 2 => keeper.restore(machine),
            3 => keeper.lock().swallows += 1,
            4 => client.moves_to(&hubs[machine]),
            5 => tokio::time::sleep(Duration::from_millis(below(8_000))).await,
            6 => client.reads(),
            // What does not reach the broker is another test's.
            _ if hubs[machine].clone().ready().now_or_never().is_none_or(|ready| ready.is_err()) => {}
            _ => {
                published += 1;
                publish(&hubs[machine], [published]);
                tokio::time::sleep(Duration::from_millis(1 + below(20))).await;
            }
        }
    }
    (0..MACHINES).for_each(|machine| keeper.restore(machine));
    keeper.lock().swallows = 0;
    tokio::time::sleep(Duration::from_mins(2)).await;
    client.reads();
    tokio::time::sleep(Duration::from_mins(2)).await;
    client.reads();
    assert!(client.came.is_sorted_by(|one, next| one < next), "seed {seed}: {:?}", client.came);
    assert!(!client.came.is_empty());
    let missing = u64::from(published) - client.came.len() as u64;
    assert!(
        client.told >= missing,
        "seed {seed}: {missing} of {published} are missing, {} told: {:?}",
        client.told,
        client.came
    );
}

struct Client {
    feed: Subscription<u32>,
    at: Option<Position>,
    came: Vec<u32>,
    /// How many events it knows to be lost. An unknown number is more than there are.
    told: u64,
}

impl Client {
    fn moves_to(&mut self, hub: &Hub<u32>) {
        self.reads();
        self.feed = hub.topic("t").subscribe_from(self.at.unwrap_or(Position::OLDEST));
    }

    fn reads(&mut self) {
        while let Some(delivery) = self.feed.next_or_lost().now_or_never() {
            let lost = match delivery.unwrap() {
                Delivery::Event(event) => {
                    self.came.push(event.message().as_text().unwrap().parse().unwrap());
                    self.at = event.position();
                    event.lost()
                }
                Delivery::Lost(lost) => lost,
            };
            self.told += lost.unreceived + lost.missed + if lost.after_outage { 1_000_000 } else { 0 };
        }
    }
}
