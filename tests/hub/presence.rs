//! Who is present, within one process.

use std::task::{Context, Poll, Waker};

use futures_util::{FutureExt as _, StreamExt};
use serde_json::json;
use sockeye::{Hub, Member, Presence, PresenceChange, Topic};

/// The next change, which is there already.
fn now(presence: &mut Presence) -> PresenceChange {
    presence.next().now_or_never().expect("a change is there").expect("a change")
}

fn is_quiet(presence: &mut Presence) -> bool {
    presence.next().now_or_never().is_none()
}

fn room() -> Topic<u32> {
    Hub::<u32>::new().topic("room")
}

fn about(members: &[Member]) -> Vec<(&str, u32)> {
    members.iter().map(|member| (member.key(), member.connections())).collect()
}

/// The kind of a change, the key, the connections, and the description.
fn change(change: &PresenceChange) -> (&str, &str, u32, String) {
    let (kind, member) = match change {
        PresenceChange::Joined(member) => ("joined", member),
        PresenceChange::Updated(member) => ("updated", member),
        PresenceChange::Left(member) => ("left", member),
        other => panic!("{other:?}"),
    };
    (kind, member.key(), member.connections(), member.meta::<String>().expect("a text"))
}

#[test]
fn a_member_is_present_while_its_membership_lives() {
    let room = room();
    let bob = room.join("bob", &"Bob").unwrap();
    let mut presence = room.presence();
    let PresenceChange::Members(members) = now(&mut presence) else { panic!("everyone comes first") };
    assert_eq!(about(&members), [("bob", 1)]);
    assert!(is_quiet(&mut presence));

    let alice = room.join("alice", &"Alice").unwrap();
    assert_eq!(change(&now(&mut presence)), ("joined", "alice", 1, "Alice".to_owned()));
    alice.update(&"Alice, away").unwrap();
    assert_eq!(change(&now(&mut presence)), ("updated", "alice", 1, "Alice, away".to_owned()));
    drop(bob);
    assert_eq!(change(&now(&mut presence)), ("left", "bob", 0, "Bob".to_owned()));
    assert!(is_quiet(&mut presence));
    assert_eq!(about(&presence.members()), [("alice", 1)]);
    assert_eq!(alice.key(), "alice");
}

#[test]
fn several_connections_of_a_key_are_one_member() {
    let room = room();
    let mut presence = room.presence();
    assert!(presence.members().is_empty());
    let phone = room.join("alice", &"phone").unwrap();
    let desk = room.join("alice", &"desk").unwrap();
    assert_eq!(change(&now(&mut presence)), ("joined", "alice", 1, "phone".to_owned()));
    assert_eq!(change(&now(&mut presence)), ("updated", "alice", 2, "desk".to_owned()));
    phone.update(&"on the way").unwrap();
    assert_eq!(change(&now(&mut presence)), ("updated", "alice", 2, "on the way".to_owned()));
    drop(phone);
    assert_eq!(change(&now(&mut presence)), ("updated", "alice", 1, "desk".to_owned()));
    drop(desk);
    assert_eq!(change(&now(&mut presence)), ("left", "alice", 0, "desk".to_owned()));
}

#[test]
fn who_reads_the_members_gets_what_happens_after_that() {
    let room = room();
    let mut presence = room.presence();
    let alice = room.join("alice", &"").unwrap();
    assert_eq!(about(&presence.members()), [("alice", 1)]);
    assert!(is_quiet(&mut presence), "it was told already");
    let bob = room.join("bob", &"").unwrap();
    assert_eq!(about(&presence.members()), [("alice", 1), ("bob", 1)]);
    drop(alice);
    assert_eq!(change(&now(&mut presence)).1, "alice");
    drop(bob);
}

#[test]
fn a_slow_reader_gets_everyone_again_and_the_others_every_change() {
    let room = room();
    let (mut slow, mut fast) = (room.presence(), room.presence());
    assert!(slow.members().is_empty() && fast.members().is_empty());
    let mut members = Vec::new();
    for number in 0..1000 {
        let key = format!("member {number:03}");
        members.push(room.join(&key, &"").unwrap());
        assert_eq!(change(&now(&mut fast)).1, key);
    }
    for member in members.drain(1..) {
        drop(member);
        assert_eq!(change(&now(&mut fast)).0, "left");
    }
    let PresenceChange::Members(all) = now(&mut slow) else { panic!("it was too slow") };
    assert_eq!(about(&all), [("member 000", 1)]);
    assert!(is_quiet(&mut slow) && is_quiet(&mut fast));
    drop(members);
    assert_eq!(change(&now(&mut slow)).0, "left");
    assert_eq!(change(&now(&mut fast)).0, "left");
}

#[test]
fn readers_that_come_and_go_leave_each_other_alone() {
    let room = room();
    let mut kept = room.presence();
    kept.members();
    for number in 0..50 {
        let mut brief = room.presence();
        let before = room.join("x", &"").unwrap();
        if number % 2 == 0 {
            brief.members();
        }
        let other = room.join("y", &"").unwrap();
        if number % 3 == 0 {
            let _ = now(&mut brief);
        }
        drop((brief, before, other));
        let seen: Vec<_> = (0..4).map(|_| change(&now(&mut kept)).0.to_owned()).collect();
        assert_eq!(seen, ["joined", "joined", "left", "left"]);
    }
    assert!(is_quiet(&mut kept));
}

#[tokio::test]
async fn a_reader_is_woken_and_its_wait_can_be_cancelled() {
    let room = room();
    let mut presence = room.presence();
    presence.members();
    assert!(is_quiet(&mut presence));
    let alice = tokio::spawn({
        let room = room.clone();
        async move { room.join("alice", &"Alice") }
    });
    let joined = sockeye_tests::within(presence.next()).await.unwrap();
    assert_eq!(change(&joined).0, "joined");
    drop(alice.await.unwrap().unwrap());
}

#[tokio::test]
async fn it_is_a_stream_that_ends_with_the_hub() {
    let hub = Hub::<u32>::new();
    let mut presence = hub.topic("room").presence();
    let member = hub.topic("room").join("alice", &1).unwrap();
    assert!(matches!(presence.next().await, Ok(PresenceChange::Members(members)) if members.len() == 1));
    drop(hub);
    let error = StreamExt::next(&mut presence).await.unwrap().unwrap_err();
    assert_eq!(error.close_code().map(u16::from), Some(1001));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(matches!(presence.poll_next_unpin(&mut cx), Poll::Ready(None)));
    // It outlives the hub, and does no harm.
    member.update(&2).unwrap();
    drop(member);
}

#[test]
fn the_json_is_what_the_docs_say() {
    let room = room();
    let mut presence = room.presence();
    let alice = room.join("alice", &json!({ "name": "Alice" })).unwrap();
    let member = json!({ "key": "alice", "meta": { "name": "Alice" }, "connections": 1 });
    let written = |change: PresenceChange| serde_json::to_value(change).unwrap();
    assert_eq!(written(now(&mut presence)), json!({ "presence": "members", "members": [member] }));
    drop(alice);
    let member = json!({ "key": "alice", "meta": { "name": "Alice" }, "connections": 0 });
    assert_eq!(written(now(&mut presence)), json!({ "presence": "left", "member": member }));
}

#[test]
fn what_is_too_large_is_an_error_that_says_how_much() {
    let room = room();
    let error = room.join("a".repeat(1025), &"").unwrap_err();
    assert_eq!(error.to_string(), "the key of a member is limited to 1024 bytes, and this one has 1025");
    let alice = room.join("a".repeat(1024), &"x".repeat(4094)).unwrap();
    for error in
        [room.join("bob", &"x".repeat(4095)).unwrap_err(), alice.update(&"x".repeat(4095)).unwrap_err()]
    {
        let error = error.to_string();
        assert!(error.contains("limited to 4096 bytes of JSON, and this has 4097"), "{error}");
    }
    let odd = std::collections::BTreeMap::from([((1, 2), 3)]);
    assert!(room.join("bob", &odd).unwrap_err().to_string().contains("key must be a string"));
    assert_eq!(room.presence().members().len(), 1, "who could not join is not there");
    assert!(room.presence().members()[0].meta::<u32>().is_err());
}

#[test]
fn topics_of_presence_are_not_topics_of_the_program() {
    let hub = Hub::<u32>::new();
    let member = hub.topic("room").join("alice", &"").unwrap();
    let presence = hub.topic("room").presence();
    assert_eq!((hub.topics(), hub.topic("room").subscribers()), (0, 0));
    for name in ["\u{1}sockeye:presence:room", "\u{1}sockeye:presence", "\u{1}sockeye:topic:room"] {
        let topic = hub.topic(name);
        assert_eq!(topic.name(), name);
        let mut feed = topic.subscribe();
        assert_eq!((hub.topics(), topic.publish(&7).unwrap()), (1, 1));
        assert_eq!(crate::text(&mut feed), "7");
        assert_eq!(topic.presence().members().len(), 0);
    }
    drop((member, presence));
}
