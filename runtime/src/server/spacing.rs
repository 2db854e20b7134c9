//! Lines in the log that clients can cause, a second apart.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Being flooded with connections must not mean being flooded with lines.
const BETWEEN_LINES: Duration = Duration::from_secs(1);

/// Lets one line through a second, which says how many there were in between.
#[derive(Debug, Default)]
pub(super) struct Spacing(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    unsaid: u64,
}

impl Spacing {
    /// How many went without a line since the last one; `None` for one more of those.
    pub(super) fn turn(&self) -> Option<u64> {
        // A counter is as good after a panic as before.
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.last.is_some_and(|last| last.elapsed() < BETWEEN_LINES) {
            state.unsaid += 1;
            return None;
        }
        state.last = Some(Instant::now());
        Some(std::mem::take(&mut state.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_next_line_says_how_many_there_were() {
        let spacing = Spacing::default();
        assert_eq!([spacing.turn(), spacing.turn(), spacing.turn()], [Some(0), None, None]);
        tokio::time::advance(BETWEEN_LINES).await;
        assert_eq!([spacing.turn(), spacing.turn()], [Some(2), None]);
    }
}
