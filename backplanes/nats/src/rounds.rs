use std::time::Duration;

use tokio::time::Instant;

/// How often NATS is asked when there is nothing else to confirm.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How long it may take to answer.
pub(crate) const ANSWER: Duration = Duration::from_secs(5);

/// The packets that come back: one at a time, each with a number.
pub(crate) struct Rounds {
    asked: u64,
    answered: u64,
    /// When it was last asked or has last answered.
    since: Instant,
}

impl Rounds {
    pub(crate) fn new() -> Self {
        Self { asked: 0, answered: 0, since: Instant::now() }
    }

    /// The round that will confirm what is sent now.
    pub(crate) fn next(&self) -> u64 {
        self.asked + 1
    }

    /// Begins a round, and returns its number.
    pub(crate) fn ask(&mut self) -> u64 {
        self.asked += 1;
        self.since = Instant::now();
        self.asked
    }

    /// An answer with this text has come. `None` if it belongs to no round, as what others publish.
    pub(crate) fn answer(&mut self, text: &[u8]) -> Option<u64> {
        let round = std::str::from_utf8(text).ok()?.parse().ok()?;
        if !self.is_waiting() || round != self.asked {
            return None;
        }
        self.answered = round;
        self.since = Instant::now();
        Some(round)
    }

    pub(crate) fn answered(&self) -> u64 {
        self.answered
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.asked > self.answered
    }

    /// When NATS is asked again, or counts as dead.
    pub(crate) fn due(&self) -> Instant {
        self.since + if self.is_waiting() { ANSWER } else { HEARTBEAT }
    }
}
