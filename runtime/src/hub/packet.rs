//! An event on its way between machines: what a backplane carries, and does not look into.
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
//! The head is text, so that a person at the broker can read it, and begins with a byte that no JSON begins with. What has no such
//! head was published by a program that is not Sockeye's, and has no number.

use std::fmt::Write as _;

use bytes::Bytes;

use crate::{Message, Utf8Bytes};

/// What every version has, and what this one has.
const MARK: &[u8] = b"\x01sockeye/";
const VERSION: &str = "1";

/// Where an event stands among those of its publisher and topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) publisher: u64,
    pub(super) stream: u64,
    pub(super) number: u64,
    /// How many events of the topic may be lost that no packet before this one has told.
    pub(super) doubtful: u64,
}

/// What has come from the broker.
#[derive(Debug)]
pub(super) enum Packet {
    /// An event, or only the number of the latest.
    Stamped(Stamp, Option<Message>),
    /// An event of a program that knows nothing of stamps.
    Foreign(Message),
    /// Something of Sockeye's that this version cannot read.
    Unknown,
}

pub(super) fn write(stamp: &Stamp, message: Option<&Message>) -> Bytes {
    let kind = match message {
        Some(Message::Text(_)) => 't',
        Some(Message::Binary(_)) => 'b',
        None => 'm',
    };
    let Stamp { publisher, stream, number, doubtful } = stamp;
    let payload = message.map_or(&[][..], Message::as_bytes);
    let mut head = String::with_capacity(72);
    // Writing to a string does not fail.
    let _ =
        writeln!(head, "\x01sockeye/{VERSION} {kind} {publisher:016x} {stream:x} {number:x} {doubtful:x}");
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

/// Text wherever it can be: hubs write JSON unless they are told otherwise, and a broker knows bytes only.
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
    let message = match kind {
        "t" => Some(Message::Text(payload.try_into().ok()?)),
        "b" => Some(Message::Binary(payload)),
        "m" => None,
        _ => return None,
    };
    Some(Packet::Stamped(stamp, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp { publisher: 0x9c1b_5e0d_2f7a_4433, stream: 5, number: 31, doubtful: 0 };

    fn again(message: Option<Message>) {
        let packet = write(&STAMP, message.as_ref());
        let Packet::Stamped(stamp, read) = read(packet) else { panic!("it is not read") };
        assert_eq!((stamp, read), (STAMP, message));
    }

    #[test]
    fn what_is_written_is_read() {
        again(Some(Message::text("{\"a\":\"\n\"}")));
        again(Some(Message::text("")));
        again(Some(Message::binary(vec![0, 255, 10])));
        again(None);
        let packet = write(&STAMP, Some(&Message::text("7")));
        assert_eq!(packet, b"\x01sockeye/1 t 9c1b5e0d2f7a4433 5 1f 0\n7"[..]);
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
            "\x01sockeye/",
        ] {
            assert!(matches!(text(packet), Packet::Unknown), "{packet:?}");
        }
    }
}
