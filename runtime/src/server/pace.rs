//! How fast a client must be.

use std::time::Duration;

/// Bytes per second that a client must take of an answer that waits for it, or send of a body that a handler waits for. The
/// slowest line in use is faster by far, and who holds a connection with one byte now and then is not.
const LEAST: u128 = 64;

/// What must move within a time; one byte at least.
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
