//! The rate of handshakes of each client.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{Pace, client::Client};
use crate::limits::Rate;

/// How many clients one generation holds: 4 MiB in two of them.
const MOST: usize = if cfg!(test) { 4 } else { 32 * 1024 };

/// The clients that have recently sent a handshake, each with its rate limiter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Handshakes {
    recent: Arc<Mutex<Recent>>,
}

/// Two generations, so that old clients are forgotten without looking at each of them.
///
/// A client moves to the young generation with each handshake. The young one becomes the old one, which is forgotten, after the time in
/// which a bucket becomes full: so a client that is forgotten for its age would have a full bucket anyway. It also does when it is full,
/// which bounds the memory; then those are forgotten that have sent nothing for the longest time.
#[derive(Debug, Default)]
struct Recent {
    young: HashMap<Client, Pace>,
    old: HashMap<Client, Pace>,
    /// When the young generation began.
    since: Option<Instant>,
}

impl Handshakes {
    /// Counts a handshake of the client. If there are too many, returns the time until there may be one more.
    pub(super) fn count(&self, client: Client, rate: Rate) -> Result<(), Duration> {
        // A server with checked limits has no rate of zero.
        let Some(fresh) = Pace::new(rate) else { return Ok(()) };
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.age(fresh.refill_time());
        recent.pace_of(client, fresh).take()
    }
}

impl Recent {
    fn age(&mut self, refill_time: Duration) {
        let now = Instant::now();
        let began = *self.since.get_or_insert(now);
        if now - began >= refill_time || self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
            self.since = Some(now);
        }
    }

    fn pace_of(&mut self, client: Client, fresh: Pace) -> &mut Pace {
        let Self { young, old, .. } = self;
        young.entry(client).or_insert_with(|| old.remove(&client).unwrap_or(fresh))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 2, burst: 4 };

    fn client(last: u8) -> Client {
        Client::new([192, 0, 2, last].into())
    }

    fn remembered(handshakes: &Handshakes) -> usize {
        let recent = handshakes.recent.lock().unwrap();
        recent.young.len() + recent.old.len()
    }

    #[tokio::test(start_paused = true)]
    async fn each_client_has_a_burst_and_then_the_rate() {
        let handshakes = Handshakes::default();
        for last in [1, 2] {
            let counted: Vec<_> = (0..6).map(|_| handshakes.count(client(last), RATE)).collect();
            let wait = Err(Duration::from_millis(500));
            assert_eq!(counted, [Ok(()), Ok(()), Ok(()), Ok(()), wait, wait]);
        }
        tokio::time::advance(Duration::from_millis(600)).await;
        let counted = [(); 2].map(|()| handshakes.count(client(1), RATE));
        assert_eq!(counted, [Ok(()), Err(Duration::from_millis(400))]);
    }

    /// A client that goes on is not forgotten, however often the generations change.
    #[tokio::test(start_paused = true)]
    async fn an_active_client_keeps_its_rate() {
        let handshakes = Handshakes::default();
        let mut taken = 0;
        for _ in 0..100 {
            taken += (0..10).filter(|_| handshakes.count(client(1), RATE).is_ok()).count();
            tokio::time::advance(Duration::from_millis(500)).await;
        }
        assert_eq!(taken, 4 + 99);
    }

    #[tokio::test(start_paused = true)]
    async fn idle_clients_are_forgotten() {
        let handshakes = Handshakes::default();
        for last in [1, 2, 3] {
            assert_eq!(handshakes.count(client(last), RATE), Ok(()));
        }
        for expected in [4, 1] {
            tokio::time::advance(Duration::from_secs(2)).await;
            assert_eq!(handshakes.count(client(9), RATE), Ok(()));
            assert_eq!(remembered(&handshakes), expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_memory_is_bounded() {
        let handshakes = Handshakes::default();
        for last in 0..100 {
            while handshakes.count(client(last), RATE).is_ok() {}
            assert!(remembered(&handshakes) <= 2 * MOST);
        }
        assert!(handshakes.count(client(99), RATE).is_err(), "the last one is remembered");
    }
}
