//! What Redis keeps of a topic: a stream of its last events, and a hash with its epoch and the number of events.
//!
//! Scripts change both and deliver the event in one step, so that every machine sees the same order.

use std::{sync::LazyLock, time::Duration};

use bytes::Bytes;
use redis::{Pipeline, Value};
use sockeye::backplane::{Keep, Restored, Wanted};

use crate::{link::Commands, slots};

/// In front of a packet that is kept: the epoch and the offset follow, and a line feed.
const HEAD: &str = "\x01sockeye-at/1 ";

/// How long the epoch of a topic outlives its last event, beside the age of its history: a client that comes back after the history has expired is
/// told how much is gone.
const LONGER: Duration = Duration::from_hours(24);

/// `KEYS`: hash and stream. `ARGV`: an epoch for a new topic, the packet, how many are kept, for how long, how long the epoch is, the command and the
/// channel that deliver.
static PUBLISH: LazyLock<Script> = LazyLock::new(|| {
    Script::new(concat!(include_str!("history/begin.lua"), include_str!("history/publish.lua")))
});

/// `KEYS`: hash and stream. `ARGV`: an epoch for a new topic, the epoch and the offset that the machine has, how many it keeps, how long the epoch is
/// kept.
static READ: LazyLock<Script> = LazyLock::new(|| {
    Script::new(concat!(include_str!("history/begin.lua"), include_str!("history/read.lua")))
});

struct Script {
    text: &'static str,
    digest: String,
}

impl Script {
    fn new(text: &'static str) -> Self {
        Self { text, digest: sha1_smol::Sha1::from(text).digest().to_string() }
    }
}

/// How many requests [`load`] adds.
pub(crate) const LOADS: usize = 2;

/// Gives the scripts to the server; later requests name them only.
pub(crate) fn load(requests: &mut Pipeline) {
    for script in [&PUBLISH, &READ] {
        requests.cmd("SCRIPT").arg("LOAD").arg(script.text);
    }
}

pub(crate) fn publish(requests: &mut Pipeline, keys: &Keys, packet: &[u8], keep: Keep, commands: Commands) {
    let Keys { hash, stream, channel } = keys;
    requests
        .cmd("EVALSHA")
        .arg(&PUBLISH.digest)
        .arg(2)
        .arg(hash)
        .arg(stream)
        .arg(new_epoch())
        .arg(packet)
        .arg(count(keep.events))
        .arg(millis(keep.age))
        .arg(millis(keep.age.saturating_add(LONGER)))
        .arg(commands.publish())
        .arg(channel);
}

pub(crate) fn read(requests: &mut Pipeline, keys: &Keys, wanted: Wanted) {
    let Keys { hash, stream, .. } = keys;
    let (epoch, offset) = wanted.after.unwrap_or((0, 0));
    requests
        .cmd("EVALSHA")
        .arg(&READ.digest)
        .arg(2)
        .arg(hash)
        .arg(stream)
        .arg(new_epoch())
        .arg(format!("{epoch:x}"))
        .arg(offset)
        .arg(count(wanted.keep.events))
        .arg(millis(wanted.keep.age.saturating_add(LONGER)));
}

/// The answer to [`read`]. Events that are too old are left out.
pub(crate) fn restored(answer: Value, keep: Keep) -> Option<Restored> {
    let Value::Array(parts) = answer else { return None };
    let [epoch, last, now, events] = <[Value; 4]>::try_from(parts).ok()?;
    let (last, now) = (number(&last)?, number(&now)?);
    let Value::Array(events) = events else { return None };
    let mut restored = Restored::new(u64::from_str_radix(text(&epoch)?, 16).ok()?, last);
    // The newest comes first.
    for event in events.into_iter().rev() {
        let (offset, at, packet) = kept(event)?;
        let age = Duration::from_millis(now.saturating_sub(at));
        if age <= keep.age {
            restored = restored.event(offset, age, packet);
        }
    }
    Some(restored)
}

/// An entry of the stream: its id, and its fields `t` (time) and `p` (packet).
fn kept(entry: Value) -> Option<(u64, u64, Bytes)> {
    let Value::Array(entry) = entry else { return None };
    let [id, Value::Array(fields)] = <[Value; 2]>::try_from(entry).ok()? else { return None };
    let (offset, _) = text(&id)?.split_once('-')?;
    let [_, at, _, Value::BulkString(packet)] = <[Value; 4]>::try_from(fields).ok()? else { return None };
    Some((offset.parse().ok()?, number(&at)?, packet.into()))
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        _ => text(value)?.parse().ok(),
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}

/// Separates the epoch and the offset from a packet that is kept.
pub(crate) fn split(packet: &Bytes) -> Option<(u64, u64, Bytes)> {
    let rest = packet.strip_prefix(HEAD.as_bytes())?;
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let (epoch, offset) = std::str::from_utf8(&rest[..end]).ok()?.split_once(' ')?;
    let packet = packet.slice(HEAD.len() + end + 1..);
    Some((u64::from_str_radix(epoch, 16).ok()?, offset.parse().ok()?, packet))
}

/// The keys of a topic, which are in the slot of its channel.
pub(crate) struct Keys {
    hash: String,
    stream: String,
    channel: String,
}

impl Keys {
    pub(crate) fn new(channel: String) -> Self {
        let name = in_slot_of(&channel);
        Self { hash: format!("{name}:topic"), stream: format!("{name}:events"), channel }
    }
}

/// A number in each slot.
static NUMBERS: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let mut numbers = vec![None; usize::from(slots::SLOTS)];
    for number in (0..).take(1 << 20) {
        numbers[usize::from(slots::slot(u32::to_string(&number).as_bytes()))].get_or_insert(number);
    }
    numbers.into_iter().map(Option::unwrap_or_default).collect()
});

/// The beginning of names in the slot of the channel. A cluster hashes the part in braces, if there is one that is not empty.
fn in_slot_of(channel: &str) -> String {
    if slots::tag(channel.as_bytes()).is_some() {
        // Not the name of another channel's part in braces.
        return format!("of:{channel}");
    }
    if !channel.contains('}') {
        return format!("{{{channel}}}");
    }
    // Its braces would end the part too early: a number with the same slot takes its place.
    let slot = usize::from(slots::slot(channel.as_bytes()));
    format!("{{{}}}{channel}", NUMBERS[slot])
}

fn count(events: usize) -> u64 {
    u64::try_from(events).unwrap_or(u64::MAX).min(1 << 50)
}

fn millis(time: Duration) -> u64 {
    // The most that Redis accepts is less than what fits, but nothing is kept for as long.
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).clamp(1, 1 << 50)
}

/// A number that no other topic has, in case this one is new.
fn new_epoch() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    format!("{:x}", RandomState::new().hash_one(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slots::slot;

    #[test]
    fn the_keys_of_a_topic_are_in_the_slot_of_its_channel() {
        for channel in [
            "sockeye:t",
            "sockeye:",
            "sockeye:a{b}c",
            "sockeye:a{b",
            "sockeye:{}x",
            "sockeye:a}b",
            "sockeye:ä ö",
        ] {
            let keys = Keys::new(channel.to_owned());
            for key in [&keys.hash, &keys.stream] {
                assert_eq!(slot(key.as_bytes()), slot(channel.as_bytes()), "{key}");
            }
        }
    }

    #[test]
    fn a_packet_that_is_kept_has_its_place_in_front() {
        let packet = Bytes::from_static(b"\x01sockeye-at/1 beef 12\n\x01sockeye/1 t 1 1 1 0\n7");
        assert_eq!(split(&packet), Some((0xbeef, 12, Bytes::from_static(b"\x01sockeye/1 t 1 1 1 0\n7"))));
        for other in ["7", "\x01sockeye/1 t 1 1 1 0\n7", "\x01sockeye-at/1 12\n", "\x01sockeye-at/1 x 1\n"] {
            assert_eq!(split(&Bytes::from_static(other.as_bytes())), None, "{other:?}");
        }
    }
}
