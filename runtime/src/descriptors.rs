//! File descriptors: how many the process may have, and limits that fit.

use crate::limits::{CLIENTS, Limits};

/// Descriptors that are reserved when defaults are lowered: for connections that are being turned away, and for the
/// program's files and databases.
const RESERVE: u64 = 128;

/// A default is not lowered below this: no one wants such a small server.
const LEAST: u64 = 16;

/// The result for limits that need more descriptors than the process may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// They fit.
    Whole,
    /// Defaults were lowered.
    Lowered { needed: u64, hard: u64 },
    /// The limits that the user set do not fit.
    TooMuch { needed: u64, hard: u64 },
}

/// Limits that fit into the descriptors of this process.
pub(crate) fn fit(limits: Limits) -> (Limits, Fit) {
    hard_limit().map_or((limits, Fit::Whole), |hard| fit_into(limits, hard))
}

fn needed(limits: &Limits) -> u64 {
    (limits.sockets() as u64).saturating_add(limits.http() as u64)
}

fn fit_into(limits: Limits, hard: u64) -> (Limits, Fit) {
    let needed = needed(&limits);
    if needed <= hard {
        return (limits, Fit::Whole);
    }
    let room = hard.saturating_sub(RESERVE);
    let given = limits.max_connections.unwrap_or(0) as u64 + limits.max_http_connections.unwrap_or(0) as u64;
    let defaults =
        u64::from(limits.max_connections.is_none()) + u64::from(limits.max_http_connections.is_none());
    let share = room.saturating_sub(given).checked_div(defaults).unwrap_or(0);
    if share < LEAST {
        return (limits, Fit::TooMuch { needed, hard });
    }
    (lowered(limits, usize::try_from(share).unwrap_or(usize::MAX)), Fit::Lowered { needed, hard })
}

/// The limits with these values in place of the defaults.
fn lowered(mut limits: Limits, share: usize) -> Limits {
    let sockets = limits.max_connections.unwrap_or_else(|| limits.sockets().min(share));
    let http = limits.max_http_connections.unwrap_or_else(|| limits.http().min(share));
    // A lowered default must not be exceeded by the limit per client.
    let of_one_client = limits.of_one_client().min((sockets.min(http) / CLIENTS).max(1));
    limits.max_connections_per_client.get_or_insert(of_one_client);
    (limits.max_connections, limits.max_http_connections) = (Some(sockets), Some(http));
    limits
}

/// Raises the process's soft limit to what these limits need, as far as possible. If it is not enough, `accept_failed`
/// reports it.
#[cfg(unix)]
pub(crate) fn raise(limits: &Limits) {
    let _as_far_as_it_goes = rlimit::increase_nofile_limit(needed(limits).saturating_add(RESERVE));
}

/// Nothing to raise: other systems have no such limit on sockets.
#[cfg(not(unix))]
pub(crate) fn raise(_: &Limits) {}

#[cfg(unix)]
fn hard_limit() -> Option<u64> {
    rlimit::getrlimit(rlimit::Resource::NOFILE).ok().map(|(_, hard)| hard)
}

#[cfg(not(unix))]
fn hard_limit() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(limits: Limits, hard: u64) -> Option<[usize; 3]> {
        let (limits, fit) = fit_into(limits, hard);
        let figures = [limits.sockets(), limits.http(), limits.of_one_client()];
        (!matches!(fit, Fit::TooMuch { .. })).then_some(figures)
    }

    #[test]
    fn defaults_are_lowered_and_what_was_written_is_not() {
        assert_eq!(fitted(Limits::new(), u64::MAX), Some([10_000, 10_000, 1000]));
        assert_eq!(fitted(Limits::new(), 20_000), Some([10_000, 10_000, 1000]));
        assert_eq!(fitted(Limits::new(), 4096), Some([1984, 1984, 496]));
        assert_eq!(fitted(Limits::new().max_connections_per_client(700), 4096), Some([1984, 1984, 700]));
        assert_eq!(fitted(Limits::new().max_connections(3000), 4096), Some([3000, 968, 242]));
        assert_eq!(fitted(Limits::new().max_connections(100), 1024), Some([100, 796, 25]));
        assert_eq!(fitted(Limits::new().max_connections(4000), 4096), None);
        assert_eq!(fitted(Limits::new().max_connections(3000).max_http_connections(3000), 4096), None);
        assert_eq!(fitted(Limits::new(), 100), None);
    }
}
