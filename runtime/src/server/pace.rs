//! The minimum speed of a client.

use std::time::Duration;

/// Bytes per second that a client must read of a pending response, or send of a body that a handler waits for. Even the
/// slowest real connection is much faster, and a client that holds a connection with an occasional byte is not.
const LEAST: u128 = 64;

/// The bytes that must move within a time; at least one.
pub(super) fn least(time: Duration) -> usize {
    usize::try_from(time.as_millis() * LEAST / 1000).unwrap_or(usize::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_time_asks_for_a_byte_and_a_long_one_for_the_rate() {
        assert_eq!(least(Duration::from_millis(1)), 1);
        assert_eq!(least(Duration::from_secs(10)), 640);
    }
}
