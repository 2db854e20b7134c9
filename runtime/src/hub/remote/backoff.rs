//! The delay between two attempts.
//!
//! Not a crate for retries: those wrap the whole operation, and here the next order decides what is tried. Only the delay is
//! needed.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// The delay before the next attempt: doubled each time, and shorter by up to a half at random, so that many machines do not
/// reconnect to a broker at the same time.
pub(in crate::hub) fn backoff(failed: u32) -> Duration {
    let longest = FIRST.saturating_mul(1 << failed.min(7)).min(LONGEST);
    let per_mille = u32::try_from(random() % 501).unwrap_or(0);
    longest * (1000 - per_mille) / 1000
}

/// A unique number: the standard library's hash maps are seeded by the system.
pub(in crate::hub) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_to_a_bound_and_is_spread() {
        for failed in 0..100 {
            let longest = (FIRST * 2_u32.pow(failed.min(7))).min(LONGEST);
            assert!((0..20).all(|_| (longest / 2..=longest).contains(&backoff(failed))), "after {failed}");
        }
        let waits: std::collections::HashSet<_> = (0..100).map(|_| backoff(7)).collect();
        assert!(waits.len() > 10, "all wait equally long");
    }
}
