//! A deadline that rings late judges nobody.

use std::time::Duration;

use tokio::{task::coop::has_budget_remaining, time::Instant};

/// Later than this a timer does not ring unless the process, or its machine, stood still or is overloaded.
const LATE: Duration = Duration::from_millis(10);

/// The longest reprieve: enough to read what has piled up for thousands of connections.
const LONGEST: Duration = Duration::from_secs(5);

/// More time for a deadline that has rung too late to be believed.
///
/// Who stood still cannot say that the other was silent: what the other has sent in time is there and has not been read, since a
/// timer may ring before the readiness of its socket is known, and of a thousand sockets only so many are looked at in one
/// go. So a deadline gets as much time again as it rang too late, once.
#[derive(Debug, Default)]
pub(super) struct Reprieve {
    given: Option<Given>,
}

#[derive(Debug)]
struct Given {
    /// The deadline that it is for.
    due: Instant,
    until: Instant,
}

impl Reprieve {
    /// When a deadline is over, with what it was given.
    pub(super) fn extend(&self, due: Instant) -> Instant {
        match &self.given {
            Some(given) if given.due == due => given.until,
            _ => due,
        }
    }

    /// Whether a deadline that has passed is over; if not, it has been given more time.
    pub(super) fn is_over(&mut self, due: Instant, now: Instant) -> bool {
        if let Some(given) = &self.given
            && given.due == due
        {
            return given.until <= now;
        }
        let late = now - due;
        // Without a budget nothing could be read in this turn, whatever is there.
        if late <= LATE && has_budget_remaining() {
            return true;
        }
        let more = late.clamp(Duration::from_millis(1), LONGEST);
        self.given = Some(Given { due, until: now + more });
        false
    }
}
