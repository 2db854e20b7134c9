//! Pings between messages, whose pongs show how far the peer has read.
//!
//! A peer that stopped reading must not be able to answer them: each has a number and a hash of it under a key that only this
//! connection has, so its payload is known only to who has read it.

use std::hash::{BuildHasher as _, RandomState};

use bytes::Bytes;

/// The number of bytes after which a ping is sent. Its pong shows that the peer has read them. The transport cannot show that:
/// it reports room only when a third of its send buffer is free (up to 4 MiB), and the receive window of a slow peer opens only when
/// most of its receive buffer is free.
const BETWEEN: usize = 64 * 1024;

#[derive(Debug, Default)]
pub(super) struct Marks {
    /// The number of bytes that were queued since the last ping.
    since: usize,
    /// The number of the last ping.
    sent: u64,
    /// The number of the last ping that the peer has read.
    read: u64,
    key: RandomState,
}

impl Marks {
    /// The payload of a ping after a message of this size, if one is due.
    pub(super) fn after(&mut self, message: usize) -> Option<Bytes> {
        self.since = self.since.saturating_add(framed(message));
        if self.since < BETWEEN {
            return None;
        }
        self.since = 0;
        self.sent += 1;
        Some(Bytes::copy_from_slice(&self.payload(self.sent)))
    }

    /// Whether a pong answers one of these pings, and none of them before. Peers may leave out all pings but the last (RFC 6455
    /// section 5.5.3).
    pub(super) fn is_progress(&mut self, pong: &[u8]) -> bool {
        let Some(number) = pong.first_chunk().copied().map(u64::from_be_bytes) else { return false };
        let is_new = number > self.read && number <= self.sent && pong == self.payload(number);
        if is_new {
            self.read = number;
        }
        is_new
    }

    /// How many of these pings the peer has read.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    fn payload(&self, number: u64) -> [u8; 16] {
        let mut payload = [0; 16];
        payload[..8].copy_from_slice(&number.to_be_bytes());
        payload[8..].copy_from_slice(&self.key.hash_one(number).to_be_bytes());
        payload
    }
}

/// The size of a message with the head of its frame (RFC 6455 section 5.2).
fn framed(message: usize) -> usize {
    let head = match message {
        0..=125 => 2,
        126..=0xffff => 4,
        _ => 10,
    };
    message.saturating_add(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks() -> (Marks, Vec<Bytes>) {
        let mut marks = Marks::default();
        let payloads = (0..3).map(|_| marks.after(BETWEEN).expect("one is due")).collect();
        (marks, payloads)
    }

    #[test]
    fn only_what_was_read_is_progress_and_only_once() {
        let (mut marks, payloads) = marks();
        assert!(marks.is_progress(&payloads[1]), "the first may be left out");
        for pong in [&payloads[1][..], &payloads[0], b"", &payloads[2][..8], &[0; 16]] {
            assert!(!marks.is_progress(pong), "{pong:?}");
        }
        assert!(marks.is_progress(&payloads[2]));
    }

    #[test]
    fn another_connection_cannot_answer() {
        let ((mut one, _), (_, of_other)) = (marks(), marks());
        assert!(of_other.iter().all(|pong| !one.is_progress(pong)));
    }

    #[test]
    fn heads_of_frames_count() {
        let mut marks = Marks::default();
        let empty = (0..BETWEEN / 2).filter_map(|_| marks.after(0)).count();
        assert_eq!(empty, 1);
    }
}
