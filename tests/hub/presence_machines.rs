//! Who is present, on several machines.

use std::time::Duration;

use futures_util::FutureExt as _;
use sockeye::{Hub, Presence, PresenceChange, Ready as _};
use sockeye_tests::{logs, within};

use crate::{broker::Broker, keeper::Keeper};

/// Time is paused.
async fn seconds(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// The keys, and how many connections each has.
pub(crate) fn present<T>(hub: &Hub<T>) -> Vec<(String, u32)> {
    keys(&mut hub.topic("room").presence())
}

pub(crate) fn keys(presence: &mut Presence) -> Vec<(String, u32)> {
    presence.members().iter().map(|member| (member.key().to_owned(), member.connections())).collect()
}

fn list(members: &[(&str, u32)]) -> Vec<(String, u32)> {
    members.iter().map(|(key, connections)| ((*key).to_owned(), *connections)).collect()
}

async fn machines<const N: usize>(broker: &Broker) -> [Hub<u32>; N] {
    let hubs = std::array::from_fn(|_| broker.hub());
    for hub in &hubs {
        within(hub.clone().ready()).await.expect("connected");
    }
    hubs
}

/// Everything that happens, in order.
fn drain(presence: &mut Presence) -> Vec<String> {
    let mut seen = Vec::new();
    while let Some(change) = presence.next().now_or_never() {
        seen.push(match change.expect("a change") {
            PresenceChange::Members(members) => format!("{} members", members.len()),
            PresenceChange::Joined(member) => format!("+{}", member.key()),
            PresenceChange::Updated(member) => format!("{}={}", member.key(), member.connections()),
            PresenceChange::Left(member) => format!("-{}", member.key()),
            other => panic!("{other:?}"),
        });
    }
    seen
}

#[tokio::test(start_paused = true)]
async fn all_machines_know_the_members_of_all() {
    let broker = Broker::default();
    let [here, there] = machines(&broker).await;
    let alice = here.topic("room").join("alice", &"Alice").unwrap();
    let mut far = there.topic("room").presence();
    assert_eq!(drain(&mut far), ["0 members"]);
    seconds(1).await;
    assert_eq!(drain(&mut far), ["+alice"]);
    let again = there.topic("room").join("alice", &"Alice, too").unwrap();
    let bob = here.topic("room").join("bob", &"Bob").unwrap();
    seconds(1).await;
    assert_eq!(drain(&mut far), ["alice=2", "+bob"]);
    assert_eq!(present(&here), list(&[("alice", 2), ("bob", 1)]));
    let metas = |hub: &Hub<u32>| hub.topic("room").presence().members()[0].meta::<String>().unwrap();
    assert_eq!((metas(&here), metas(&there)), ("Alice, too".to_owned(), "Alice, too".to_owned()));
    drop(alice);
    drop(bob);
    seconds(1).await;
    assert_eq!(drain(&mut far), ["alice=1", "-bob"]);
    drop(again);
    seconds(1).await;
    assert_eq!((present(&here), present(&there)), (vec![], vec![]));
    seconds(100).await;
    drop(far);
    seconds(100).await;
    assert_eq!((broker.wanted(0), broker.wanted(1)), (0, 0), "the broker is told that nobody needs it");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_is_silent_is_gone_and_nobody_else_and_is_back_by_itself() {
    let broker = Broker::default();
    let hubs: [Hub<u32>; 3] = machines(&broker).await;
    let guards: Vec<_> = (0..3).map(|n| hubs[n].topic("room").join(n.to_string(), &n).unwrap()).collect();
    let mut readers: Vec<_> = hubs.iter().map(|hub| hub.topic("room").presence()).collect();
    seconds(60).await;
    let everyone = list(&[("0", 1), ("1", 1), ("2", 1)]);
    assert!(readers.iter_mut().all(|reader| keys(reader) == everyone));
    broker.cut(2);
    seconds(10).await;
    assert!(readers.iter_mut().all(|reader| keys(reader) == everyone), "it may come back");
    seconds(15).await;
    assert_eq!(drain(&mut readers[0]), ["-2"]);
    assert_eq!(drain(&mut readers[1]), ["-2"]);
    assert_eq!(keys(&mut readers[2]), list(&[("2", 1)]), "it cannot know better");
    broker.restore(2);
    seconds(10).await;
    assert_eq!(drain(&mut readers[0]), ["+2"]);
    assert!(readers.iter_mut().all(|reader| keys(reader) == everyone));
    drop(guards);
    seconds(1).await;
    assert!(readers.iter_mut().all(|reader| keys(reader).is_empty()));
}

/// Its own connection is fine, but what it sends is lost, so that it is not asked because of a connection.
#[tokio::test(start_paused = true)]
async fn a_machine_that_was_not_heard_for_a_while_is_asked() {
    let broker = Broker::default();
    let [here, there] = machines(&broker).await;
    let _alice = here.topic("room").join("alice", &"").unwrap();
    let mut far = there.topic("room").presence();
    seconds(60).await;
    assert_eq!(keys(&mut far).len(), 1);
    broker.lock().swallows = usize::MAX;
    seconds(30).await;
    assert_eq!(drain(&mut far), ["-alice"]);
    broker.lock().swallows = 0;
    seconds(10).await;
    assert_eq!(drain(&mut far), ["+alice"]);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_lost_is_noticed() {
    let broker = Broker::default();
    let [here, there] = machines(&broker).await;
    let swallow = |packets| broker.lock().swallows = packets;
    // It beats all the time.
    let _carol = here.topic("elsewhere").join("carol", &"").unwrap();
    let alice = here.topic("room").join("alice", &"").unwrap();
    let mut far = there.topic("room").presence();
    seconds(60).await;
    drain(&mut far);
    swallow(usize::MAX);
    let bob = here.topic("room").join("bob", &"").unwrap();
    seconds(1).await;
    swallow(0);
    assert!(drain(&mut far).is_empty());
    seconds(10).await;
    assert_eq!(drain(&mut far), ["+bob"]);
    // The last ones of this machine, and the first mark. It stays to answer.
    seconds(60).await;
    swallow(usize::MAX);
    drop((alice, bob));
    seconds(8).await;
    swallow(0);
    assert!(drain(&mut far).is_empty());
    seconds(40).await;
    let mut gone = drain(&mut far);
    gone.sort();
    assert_eq!(gone, ["-alice", "-bob"]);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_is_dropped_says_so() {
    let broker = Broker::default();
    let [here, there] = machines(&broker).await;
    let _alice = here.topic("room").join("alice", &"").unwrap();
    let mut far = there.topic("room").presence();
    seconds(1).await;
    drain(&mut far);
    drop(here);
    seconds(1).await;
    assert_eq!(drain(&mut far), ["-alice"]);
}

#[tokio::test(start_paused = true)]
async fn members_that_join_while_there_is_no_connection_are_told_later() {
    let broker = Broker::default();
    let [here, there] = machines(&broker).await;
    let mut far = there.topic("room").presence();
    seconds(1).await;
    drain(&mut far);
    broker.cut(0);
    seconds(1).await;
    let alice = here.topic("room").join("alice", &"").unwrap();
    drop(here.topic("room").join("bob", &"").unwrap());
    assert_eq!(present(&here), list(&[("alice", 1)]));
    seconds(10).await;
    assert!(drain(&mut far).is_empty());
    broker.restore(0);
    seconds(10).await;
    assert_eq!(drain(&mut far), ["+alice"]);
    drop(alice);
}

/// The hub's own topics have no history, and the others keep theirs.
#[tokio::test(start_paused = true)]
async fn a_broker_that_keeps_histories_carries_presence_as_well() {
    let keeper = Keeper::default();
    let (here, there) = (keeper.hub(10), keeper.hub(10));
    within(here.clone().ready()).await.expect("connected");
    within(there.clone().ready()).await.expect("connected");
    let mut far = there.topic("room").presence();
    let mut feed = there.topic("room").subscribe();
    within(feed.confirmed()).await;
    assert_eq!(drain(&mut far), ["0 members"]);
    let alice = here.topic("room").join("alice", &"").unwrap();
    here.topic("room").publish(&7).unwrap();
    seconds(1).await;
    assert_eq!(drain(&mut far), ["+alice"]);
    assert!(crate::now(&mut feed).unwrap().position().is_some());
    keeper.cut(0);
    seconds(25).await;
    assert_eq!(drain(&mut far), ["-alice"]);
    keeper.restore(0);
    seconds(10).await;
    assert_eq!(drain(&mut far), ["+alice"]);
    drop(alice);
    seconds(1).await;
    assert_eq!(drain(&mut far), ["-alice"]);
}

/// All of them, until the topic is subscribed to for 5 s.
#[tokio::test(start_paused = true)]
async fn what_is_lost_in_the_first_seconds_is_noticed_too() {
    let broker = Broker::default();
    let [here, there] = machines(&broker).await;
    let mut far = there.topic("room").presence();
    assert_eq!(drain(&mut far), ["0 members"]);
    broker.lock().swallows = usize::MAX;
    let _alice = here.topic("room").join("alice", &"").unwrap();
    seconds(1).await;
    broker.lock().swallows = 0;
    seconds(40).await;
    assert_eq!(drain(&mut far), ["+alice"]);
}

#[tokio::test(start_paused = true)]
async fn many_members_take_several_packets() {
    let broker = Broker::default();
    let [here, there] = machines(&broker).await;
    let join = |n: u32| here.topic("room").join(format!("{n:04}"), &"x".repeat(1000)).unwrap();
    let guards: Vec<_> = (0..500).map(join).collect();
    seconds(1).await;
    let given = broker.lock().given;
    let mut far = there.topic("room").presence();
    seconds(5).await;
    assert_eq!(keys(&mut far).len(), 500);
    assert!(broker.lock().given - given >= 9, "no packet is larger than a broker takes");
    drop(guards);
    seconds(1).await;
    assert_eq!(keys(&mut far).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_packet_of_this_version_is_ignored_and_said_once() {
    logs::listen();
    let broker = Broker::default();
    let [here, there] = machines(&broker).await;
    let topic = || there.topic("garbage \u{e9}");
    let _alice = topic().join("alice", &"").unwrap();
    let mut near = here.topic("garbage \u{e9}").presence();
    seconds(1).await;
    drain(&mut near);
    let (wire, beats) = ("\u{1}sockeye:presence:garbage \u{e9}", "\u{1}sockeye:presence");
    let head = |number: u64| format!("\u{1}sockeye/1 t 00000000000000aa 1 {number:x} 0\n");
    let bodies = [
        "",
        "{}",
        "[",
        "\u{0}",
        r#"{"presence":2,"kind":"members","members":[["mallory",1,1,null]]}"#,
        r#"{"presence":1,"kind":"party"}"#,
        r#"{"presence":1,"kind":"members","members":[["mallory",-1,1,null]]}"#,
        r#"{"presence":1,"kind":"members","members":[["mallory"]]}"#,
    ];
    for (number, body) in (1..).zip(bodies) {
        for topic in [wire, beats] {
            assert!(broker.inlet(0).deliver(topic, body));
            assert!(broker.inlet(0).deliver(topic, format!("{}{body}", head(number))));
        }
    }
    for packet in [&b"\x01sockeye/7 x\n"[..], b"\x01sockeye/1 b 00000000000000aa 1 ff 0\n\xff", b"\xff"] {
        broker.inlet(0).deliver(wire, packet.to_vec());
        broker.inlet(0).deliver(beats, packet.to_vec());
    }
    seconds(1).await;
    assert!(drain(&mut near).is_empty());
    assert_eq!(logs::with("message", "a packet about presence cannot be read").len(), 1);

    // Extremes that can be read.
    let extreme = r#"{"presence":1,"kind":"members","part":[4294967295,0],"members":[["x",4294967295,18446744073709551615,null]]}"#;
    let first = r#"{"presence":1,"kind":"members","part":[0,0],"members":[["x",4294967295,18446744073709551615,null]]}"#;
    for (number, body) in [(1000, extreme), (1001, first), (1002, first)] {
        broker.inlet(0).deliver(wire, format!("{}{body}", head(number)));
    }
    assert_eq!(drain(&mut near), ["+x"]);
    let own = here.topic("garbage \u{e9}").join("x", &"mine").unwrap();
    drain(&mut near);
    // Nobody beats for it.
    seconds(25).await;
    assert_eq!(drain(&mut near), ["x=1"]);
    drop(own);
}
