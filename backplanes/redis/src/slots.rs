//! Which server of a cluster is responsible for a channel.

use sockeye::backplane::Order;

/// How many parts a cluster has.
pub(crate) const SLOTS: u16 = 16384;

/// Ranges of slots, and the links to their servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Slots {
    /// One link serves everything.
    One,
    /// Sorted; the last slot of a range belongs to it.
    Shared { prefix: String, ranges: Vec<Range> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Range {
    pub(crate) first: u16,
    pub(crate) last: u16,
    pub(crate) link: usize,
}

impl Slots {
    /// The number of the link for this order.
    pub(crate) fn link(&self, order: &Order) -> Option<usize> {
        let Self::Shared { prefix, ranges } = self else { return Some(0) };
        let topic = match order {
            Order::Publish(order) => order.topic(),
            Order::Subscribe(order) => order.topic(),
            Order::Unsubscribe(topic) => topic,
            _ => return None,
        };
        let slot = slot(format!("{prefix}{topic}").as_bytes());
        let behind = ranges.partition_point(|range| range.first <= slot);
        let range = ranges.get(behind.checked_sub(1)?)?;
        (slot <= range.last).then_some(range.link)
    }
}

/// The slot of a channel or a key: of the part in braces, if there is one that is not empty.
pub(crate) fn slot(name: &[u8]) -> u16 {
    crc16(tag(name).unwrap_or(name)) % SLOTS
}

pub(crate) fn tag(name: &[u8]) -> Option<&[u8]> {
    let start = name.iter().position(|byte| *byte == b'{')? + 1;
    let length = name[start..].iter().position(|byte| *byte == b'}')?;
    (length > 0).then(|| &name[start..start + length])
}

/// CRC-16/XMODEM. It is computed once for each order, so it needs no table.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_that_redis_computes() {
        // `CLUSTER KEYSLOT` of Redis 7.0.
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(slot(b"foo"), 12182);
        assert_eq!(slot(b"a{foo}b{bar}"), slot(b"foo"));
        assert_eq!(slot(b"{}foo"), crc16(b"{}foo") % SLOTS);
        assert_eq!(slot(b"{foo"), crc16(b"{foo") % SLOTS);
    }
}
