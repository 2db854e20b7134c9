//! Work that takes its time: it looks for primes that are far apart.

use std::{convert::Infallible, ops::Range, time::Duration};

/// Numbers that are looked at in one go: well under a millisecond, so that no other task has to wait for it.
const STEP: u64 = 1000;

/// Goes on until it is dropped. A number is looked at once; at one step a second they last for longer than the program.
pub(crate) async fn search() -> Infallible {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    let mut search = Search::default();
    loop {
        seconds.tick().await;
        search.step();
    }
}

/// How far the search is.
#[derive(Debug, Default)]
pub(crate) struct Search {
    next: u64,
    last_prime: Option<u64>,
    widest: u64,
}

impl Search {
    /// Looks at the next numbers, and logs what there is to say of them. It knows nothing of who reads that.
    pub(crate) fn step(&mut self) {
        let numbers = self.next..self.next + STEP;
        self.next = numbers.end;
        let _span = tracing::info_span!("search", from = numbers.start).entered();
        let primes = self.look_at(numbers);
        tracing::info!(primes, "looked at {STEP} numbers");
    }

    fn look_at(&mut self, numbers: Range<u64>) -> u64 {
        let mut primes = 0;
        for prime in numbers.filter(|number| is_prime(*number)) {
            primes += 1;
            self.measure(prime);
        }
        primes
    }

    fn measure(&mut self, prime: u64) {
        let gap = self.last_prime.map_or(0, |last| prime - last);
        if gap > self.widest {
            self.widest = gap;
            tracing::warn!(prime, gap, "the widest gap between primes so far");
        }
        self.last_prime = Some(prime);
    }
}

fn is_prime(number: u64) -> bool {
    let mut divisors = (2..).take_while(|divisor| divisor * divisor <= number);
    number > 1 && divisors.all(|divisor| !number.is_multiple_of(divisor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_primes_and_gaps() {
        let mut search = Search::default();
        assert_eq!(search.look_at(0..100), 25);
        assert_eq!((search.last_prime, search.widest), (Some(97), 8));
    }

    #[test]
    fn a_gap_across_two_steps_is_seen() {
        let (mut whole, mut parts) = (Search::default(), Search::default());
        whole.look_at(0..1000);
        // 887 and 907 are 20 apart: the widest gap below 1000.
        parts.look_at(0..895);
        parts.look_at(895..1000);
        assert_eq!((whole.widest, parts.widest), (20, 20));
    }
}
