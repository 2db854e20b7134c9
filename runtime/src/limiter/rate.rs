//! How fast messages may come: `governor`'s measure, on tokio's clock, so that it stands still with paused time.

use std::{num::NonZeroU32, ops::Add, time::Duration};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, Reference},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use tokio::time::Instant;

use crate::limits::Rate;

/// One connection's account of messages.
#[derive(Debug)]
pub(crate) struct Pace {
    limiter: RateLimiter<NotKeyed, InMemoryState, Ticks, NoOpMiddleware<Tick>>,
    rate: Rate,
}

impl Pace {
    /// A full account. `None` for a rate of nothing, which no server with checked limits has.
    pub(crate) fn new(rate: Rate) -> Option<Self> {
        let quota = Quota::per_second(NonZeroU32::new(rate.per_second)?);
        let quota = quota.allow_burst(NonZeroU32::new(rate.burst)?);
        let limiter = RateLimiter::direct_with_clock(quota, Ticks(Instant::now()));
        Some(Self { limiter, rate })
    }

    /// Takes one message from the account; says what the rate is when nothing is left.
    pub(crate) fn take(&self) -> Result<(), Rate> {
        self.limiter.check().map_err(|_not_until| self.rate)
    }
}

/// Time since the account was opened.
#[derive(Debug, Clone)]
struct Ticks(Instant);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Tick(Duration);

impl Clock for Ticks {
    type Instant = Tick;

    fn now(&self) -> Tick {
        Tick(self.0.elapsed())
    }
}

impl Reference for Tick {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.checked_sub(duration.into()).unwrap_or(self.0))
    }
}

impl Add<Nanos> for Tick {
    type Output = Self;

    fn add(self, more: Nanos) -> Self {
        Self(self.0.saturating_add(more.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_taken_and_then_the_rate() {
        let pace = Pace::new(Rate { per_second: 10, burst: 3 }).unwrap();
        let taken = (0..5).filter(|_| pace.take().is_ok()).count();
        assert_eq!(taken, 3);
        tokio::time::advance(Duration::from_millis(100)).await;
        assert!(pace.take().is_ok() && pace.take().is_err());
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!((0..10).filter(|_| pace.take().is_ok()).count(), 3);
    }
}
