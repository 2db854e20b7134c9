//! Extends a deadline whose timer fires late.

use std::time::Duration;

use tokio::{task::coop::has_budget_remaining, time::Instant};

/// A timer fires later than this only if the process or its machine was suspended or is overloaded.
const LATE: Duration = Duration::from_millis(10);

/// The longest extension: enough to read the data that has accumulated for thousands of connections.
const LONGEST: Duration = Duration::from_secs(5);

/// Extra time for a deadline whose timer fired too late to be reliable.
///
/// A process that was suspended cannot conclude that its peer was silent: data that the peer sent in time may have arrived
/// without being read, since a timer can fire before its socket is known to be readable, and the driver handles only a limited
/// number of sockets at a time. So a deadline is extended, once, by as much time as its timer was late.
#[derive(Debug, Default)]
pub(super) struct Reprieve {
    given: Option<Given>,
}

#[derive(Debug)]
struct Given {
    /// The deadline that is extended.
    due: Instant,
    until: Instant,
}

impl Reprieve {
    /// When a deadline expires, including the extension.
    pub(super) fn extend(&self, due: Instant) -> Instant {
        match &self.given {
            Some(given) if given.due == due => given.until,
            _ => due,
        }
    }

    /// Whether a deadline that has passed has expired. If not, it has been extended.
    pub(super) fn is_over(&mut self, due: Instant, now: Instant) -> bool {
        if let Some(given) = &self.given
            && given.due == due
        {
            return given.until <= now;
        }
        let late = now - due;
        // Without a budget nothing could be read in this turn, even if data is there.
        if late <= LATE && has_budget_remaining() {
            return true;
        }
        let more = late.clamp(Duration::from_millis(1), LONGEST);
        self.given = Some(Given { due, until: now + more });
        false
    }
}
