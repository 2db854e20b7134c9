//! The rate of messages of a connection, or of handshakes of a client, on tokio's clock, so that it works with paused time.
//!
//! Not `governor`: it keeps the same value in a shared atomic, and would need a custom clock for paused time.

use std::time::Duration;

use tokio::time::Instant;

use crate::limits::Rate;

/// A rate limiter: a bucket that holds a burst and refills at the rate.
#[derive(Debug)]
pub(crate) struct Pace {
    rate: Rate,
    /// The time in which one item is refilled.
    each: Duration,
    /// When the bucket is full again if nothing more is taken: one value instead of a level and the time at which it
    /// was read.
    full_at: Instant,
}

impl Pace {
    /// A full bucket. `None` for a rate of zero, which no server with checked limits has.
    pub(crate) fn new(rate: Rate) -> Option<Self> {
        let each = Duration::from_secs(1).checked_div(rate.per_second)?;
        (rate.burst > 0).then(|| Self { rate, each, full_at: Instant::now() })
    }

    /// Takes one item from the bucket. If it is empty, returns the time until there is one.
    pub(crate) fn take(&mut self) -> Result<(), Duration> {
        let now = Instant::now();
        let full_at = self.full_at.max(now) + self.each;
        let wait = (full_at - now).saturating_sub(self.refill_time());
        if !wait.is_zero() {
            return Err(wait);
        }
        self.full_at = full_at;
        Ok(())
    }

    pub(crate) fn rate(&self) -> Rate {
        self.rate
    }

    /// The time in which an empty bucket becomes full.
    pub(super) fn refill_time(&self) -> Duration {
        // `each` is at most a second and `burst` a `u32`: the product is 136 years at most.
        self.each * self.rate.burst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_taken_and_then_the_rate() {
        let mut pace = Pace::new(Rate { per_second: 10, burst: 3 }).unwrap();
        let taken = (0..5).filter(|_| pace.take().is_ok()).count();
        assert_eq!(taken, 3);
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!((pace.take(), pace.take()), (Ok(()), Err(Duration::from_millis(100))));
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!((0..10).filter(|_| pace.take().is_ok()).count(), 3);
    }
}
