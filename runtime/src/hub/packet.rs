//! An event in transit between machines: a backplane carries it, and does not parse it.
//!
//! ```text
//! \x01sockeye/1 t 9c1b5e0d2f7a4433 5 1f 0\n{"percent":100}
//!               |  |               | |  |   the payload
//!               |  |               | |  how many events before this one may be lost, as far as the publisher knows
//!               |  |               | number within the stream, from 1
//!               |  |               stream: the publisher's numbering of this topic; a later one has a greater number
//!               |  publisher: one hub of one process
//!               text, binary, or mark: no event, only where the stream is
//! ```
//!
//! An event that its publisher does not receive itself has one more number, which identifies the publisher's subscription on its own
//! machine. It matters only where the broker returns events to the machine that has published them: with a history of all machines.
//!
//! A mark has two more numbers, `\x01sockeye/1 m 9c1b5e0d2f7a4433 5 1f 0 3 1388\n`: how many of the events were published since the
//! previous mark, and how many milliseconds ago the first of them was.
//!
//! The header is text, so that a person can read it at the broker, and begins with a byte with which no JSON begins. A packet
//! without such a header was published by another program, and has no number.

use std::{fmt::Write as _, time::Duration};

use bytes::Bytes;

use crate::{Message, Utf8Bytes};

/// The prefix of every version, and of this one.
const MARK: &[u8] = b"\x01sockeye/";
const VERSION: &str = "1";

/// The position of an event among those of its publisher and topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) publisher: u64,
    pub(super) stream: u64,
    pub(super) number: u64,
    /// How many events of the topic may be lost that no earlier packet has reported.
    pub(super) doubtful: u64,
}

/// The content that follows a stamp.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body {
    Event(Message),
    /// No event, only the number of the latest.
    Mark(Recent),
}

impl Body {
    /// The length of its payload.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Event(message) => message.len(),
            Self::Mark(_) => 0,
        }
    }
}

/// The events that this mark is the first to announce; zero in a mark that only reports possible losses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Recent {
    pub(super) events: u64,
    /// How long ago the broker received the first of them.
    pub(super) age: Duration,
}

/// A subscription that does not receive an event, because it has published it: a number that its hub has assigned.
pub(super) type Ticket = u64;

/// A parsed packet from the broker.
#[derive(Debug)]
pub(super) enum Packet {
    /// An event or a mark.
    Stamped(Stamp, Body, Option<Ticket>),
    /// An event of a program without stamps.
    Foreign(Message),
    /// A packet of Sockeye that this version cannot read.
    Unknown,
}

pub(super) fn write(stamp: &Stamp, body: &Body, from: Option<Ticket>) -> Bytes {
    let (kind, payload) = match body {
        Body::Event(message @ Message::Text(_)) => ('t', message.as_bytes()),
        Body::Event(message @ Message::Binary(_)) => ('b', message.as_bytes()),
        Body::Mark(_) => ('m', &[][..]),
    };
    let Stamp { publisher, stream, number, doubtful } = stamp;
    let mut head = String::with_capacity(72);
    // Writing to a string cannot fail.
    let _ = write!(head, "\x01sockeye/{VERSION} {kind} {publisher:016x} {stream:x} {number:x} {doubtful:x}");
    if let Body::Mark(Recent { events, age }) = body {
        let _ = write!(head, " {events:x} {:x}", age.as_millis());
    }
    if let Some(from) = from {
        let _ = write!(head, " {from:x}");
    }
    head.push('\n');
    let mut packet = head.into_bytes();
    packet.reserve_exact(payload.len());
    packet.extend_from_slice(payload);
    packet.into()
}

pub(super) fn read(packet: Bytes) -> Packet {
    if !packet.starts_with(MARK) {
        return Packet::Foreign(foreign(packet));
    }
    stamped(&packet).unwrap_or(Packet::Unknown)
}

/// Text whenever possible: hubs write JSON unless configured otherwise, and a broker knows only bytes.
fn foreign(packet: Bytes) -> Message {
    Utf8Bytes::try_from(packet.clone()).map_or(Message::Binary(packet), Message::Text)
}

fn stamped(packet: &Bytes) -> Option<Packet> {
    let end = packet.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(&packet[MARK.len()..end]).ok()?;
    let mut words = head.split(' ');
    if words.next()? != VERSION {
        return None;
    }
    let kind = words.next()?;
    let mut number = || u64::from_str_radix(words.next()?, 16).ok();
    let stamp = Stamp { publisher: number()?, stream: number()?, number: number()?, doubtful: number()? };
    let payload = packet.slice(end + 1..);
    let body = match kind {
        "t" => Body::Event(Message::Text(payload.try_into().ok()?)),
        "b" => Body::Event(Message::Binary(payload)),
        "m" => Body::Mark(Recent { events: number()?, age: Duration::from_millis(number()?) }),
        _ => return None,
    };
    Some(Packet::Stamped(stamp, body, number()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp { publisher: 0x9c1b_5e0d_2f7a_4433, stream: 5, number: 31, doubtful: 0 };

    fn again(body: Body) {
        let packet = write(&STAMP, &body, None);
        let Packet::Stamped(stamp, read, None) = read(packet) else { panic!("it is not read") };
        assert_eq!((stamp, read), (STAMP, body));
    }

    #[test]
    fn what_is_written_is_read() {
        again(Body::Event(Message::text("{\"a\":\"\n\"}")));
        again(Body::Event(Message::text("")));
        again(Body::Event(Message::binary(vec![0, 255, 10])));
        let mark = || Body::Mark(Recent { events: 3, age: Duration::from_secs(5) });
        again(mark());
        let packet = write(&STAMP, &Body::Event(Message::text("7")), None);
        assert_eq!(packet, b"\x01sockeye/1 t 9c1b5e0d2f7a4433 5 1f 0\n7"[..]);
        assert_eq!(write(&STAMP, &mark(), None), b"\x01sockeye/1 m 9c1b5e0d2f7a4433 5 1f 0 3 1388\n"[..]);
    }

    #[test]
    fn what_others_publish_is_theirs_and_what_cannot_be_read_is_known_as_such() {
        let text = |packet: &'static str| read(Bytes::from(packet));
        assert!(matches!(text("{}"), Packet::Foreign(Message::Text(text)) if &*text == "{}"));
        assert!(matches!(read(Bytes::from_static(&[255])), Packet::Foreign(Message::Binary(_))));
        for packet in [
            "\x01sockeye/2 t 1 1 1 0\n",
            "\x01sockeye/1 x 1 1 1 0\n",
            "\x01sockeye/1 t 1 1 0\n",
            "\x01sockeye/1 m 1 1 1 0\n",
            "\x01sockeye/",
        ] {
            assert!(matches!(text(packet), Packet::Unknown), "{packet:?}");
        }
    }
}
