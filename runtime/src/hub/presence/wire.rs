//! What machines tell each other about members, as text, so that a person can read it at the broker:
//!
//! ```text
//! {"presence":1,"kind":"beat"}
//! {"presence":1,"kind":"bye"}
//! {"presence":1,"kind":"members","members":[["alice",2,17,{"name":"Alice"}],["bob",0,0,null]]}
//! {"presence":1,"kind":"members","ask":true,"part":[0,1],"members":[["alice",2,17,{"name":"Alice"}]]}
//! ```
//!
//! A member is its key, its connections on that machine (0: it has left), the clock of its description, and that description. `part` says that these are all
//! members of the machine, and which packet of how many this is; the others answer a packet with `ask` with theirs.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::{Value, json};

use super::view::Share;
use crate::Message;

const VERSION: u32 = 1;
/// From this size on a packet takes no further member.
const FULL: usize = 60 << 10;

#[derive(Debug, Deserialize)]
pub(super) struct Packet {
    presence: u32,
    pub(super) kind: Kind,
    #[serde(default)]
    pub(super) ask: bool,
    #[serde(default)]
    pub(super) part: Option<(u32, u32)>,
    #[serde(default)]
    pub(super) members: Vec<(String, u32, u64, Value)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Beat,
    Bye,
    Members,
}

/// A packet, if it is one of this version.
pub(super) fn read(message: &Message) -> Option<Packet> {
    let packet: Packet = serde_json::from_str(message.as_text()?).ok()?;
    (packet.presence == VERSION).then_some(packet)
}

pub(super) fn beat() -> Message {
    Message::text(format!(r#"{{"presence":{VERSION},"kind":"beat"}}"#))
}

pub(super) fn bye() -> Message {
    Message::text(format!(r#"{{"presence":{VERSION},"kind":"bye"}}"#))
}

/// Changes of these members, in as many packets as are needed. `None` has left.
pub(super) fn changes<'a>(members: impl Iterator<Item = (&'a str, Option<&'a Share>)>) -> Vec<Message> {
    let packets = group(members).into_iter();
    packets.map(|members| packet(&format!(r#""members":[{members}]"#))).collect()
}

/// All members of this machine.
pub(super) fn part<'a>(members: impl Iterator<Item = (&'a str, &'a Share)>, ask: bool) -> Vec<Message> {
    let mut groups = group(members.map(|(key, share)| (key, Some(share))));
    if groups.is_empty() {
        groups.push(String::new());
    }
    let of = groups.len();
    let packets = groups.into_iter().enumerate();
    let packets = packets.map(|(number, members)| {
        let ask = if ask && number == 0 { r#""ask":true,"# } else { "" };
        packet(&format!(r#"{ask}"part":[{number},{of}],"members":[{members}]"#))
    });
    packets.collect()
}

fn packet(rest: &str) -> Message {
    Message::text(format!(r#"{{"presence":{VERSION},"kind":"members",{rest}}}"#))
}

fn group<'a>(members: impl Iterator<Item = (&'a str, Option<&'a Share>)>) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    for (key, share) in members {
        let member = match share {
            Some(share) => json!([key, share.connections, share.clock, *share.meta]),
            None => json!([key, 0, 0, null]),
        };
        match groups.last_mut().filter(|group| group.len() < FULL) {
            // Writing to a string cannot fail.
            Some(group) => _ = write!(group, ",{member}"),
            None => groups.push(member.to_string()),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let share = Share { connections: 2, clock: 17, meta: Arc::new(json!({ "name": "Alice" })) };
        let [changes] = &changes([("alice", Some(&share)), ("bob", None)].into_iter())[..] else {
            panic!("one packet")
        };
        let text =
            r#"{"presence":1,"kind":"members","members":[["alice",2,17,{"name":"Alice"}],["bob",0,0,null]]}"#;
        assert_eq!(changes.as_text(), Some(text));
        assert_eq!(read(changes).unwrap().members.len(), 2);
        let [part] = &part([("alice", &share)].into_iter(), true)[..] else { panic!("one packet") };
        let read_again = read(part).unwrap();
        assert!(read_again.ask && read_again.part == Some((0, 1)));
        assert_eq!(read(&beat()).unwrap().kind, Kind::Beat);
        assert_eq!(read(&bye()).unwrap().kind, Kind::Bye);
    }

    #[test]
    fn a_large_part_takes_several_packets() {
        let share = Share { connections: 1, clock: 1, meta: Arc::new(json!("x".repeat(4000))) };
        let keys: Vec<_> = (0..100).map(|number| format!("member {number}")).collect();
        let packets = part(keys.iter().map(|key| (&**key, &share)), true);
        assert!((5..20).contains(&packets.len()), "{}", packets.len());
        let read: Vec<_> = packets.iter().map(|packet| read(packet).unwrap()).collect();
        assert_eq!(read.iter().map(|packet| packet.members.len()).sum::<usize>(), 100);
        assert_eq!(read.iter().filter(|packet| packet.ask).count(), 1);
    }

    #[test]
    fn other_versions_and_garbage_are_not_read() {
        for text in ["", "7", "{}", r#"{"presence":2,"kind":"beat"}"#, r#"{"presence":1,"kind":"dance"}"#] {
            assert!(read(&Message::text(text)).is_none(), "{text}");
        }
        assert!(read(&Message::binary(vec![255])).is_none());
    }
}
