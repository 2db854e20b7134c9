//! Components that are asked again while the server runs, each by a task of its own.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sockeye_rules::COMPONENT_NOT_READY;
use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;
use tracing::{Level, instrument::WithSubscriber as _};

use crate::{
    Ready,
    log::event,
    shutdown::Lifecycle,
    startup::{Component, Unready, ask},
    watchdog::Chores,
};

/// The time between an answer and the next question.
pub(super) const EVERY: Duration = Duration::from_secs(5);

/// How much later than that a busy server may have an answer.
const MARGIN: Duration = Duration::from_secs(5);

/// A component that can be asked more than once.
pub(super) struct Check {
    name: String,
    /// How long the component may take.
    limit: Duration,
    again: Box<dyn Fn() -> Component + Send>,
}

impl Check {
    pub(super) fn new(name: String, limit: Duration, component: impl Ready + Clone) -> Self {
        let again = {
            let name = name.clone();
            Box::new(move || Component::new(name.clone(), limit, component.clone()))
        };
        Self { name, limit, again }
    }

    /// The component, to be asked once.
    pub(super) fn component(&self) -> Component {
        (self.again)()
    }
}

/// What a component answered last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    is_ready: bool,
    at: Instant,
    /// How old it can become while the component answers in time.
    valid: Duration,
}

impl Answer {
    fn now(is_ready: bool, limit: Duration) -> Self {
        Self { is_ready, at: Instant::now(), valid: EVERY.saturating_add(limit).saturating_add(MARGIN) }
    }

    /// An old answer says nothing: a component that blocks its thread is never late by its own timer.
    pub(super) fn is_ready(self) -> bool {
        self.is_ready && self.at.elapsed() <= self.valid
    }

    /// How old it is, in seconds.
    pub(super) fn age(self) -> u64 {
        self.at.elapsed().as_secs()
    }
}

/// A component that is asked again until this is dropped.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) name: String,
    /// Locked only to copy or replace the answer.
    answer: Arc<Mutex<Answer>>,
    _task: AbortOnDropHandle<()>,
}

impl Checked {
    /// Begins to ask, until the server is told to stop. The component has just been ready, or the server does not start.
    pub(super) fn begin(check: Check, lifecycle: &Lifecycle) -> Self {
        let name = check.name.clone();
        let answer = Arc::new(Mutex::new(Answer::now(true, check.limit)));
        let told = lifecycle.told();
        let asking = ask_again(check, Arc::clone(&answer), lifecycle.chores);
        let task = async move { told.run_until_cancelled(asking).await.unwrap_or_default() };
        Self { name, answer, _task: AbortOnDropHandle::new(tokio::spawn(task.with_current_subscriber())) }
    }

    pub(super) fn answer(&self) -> Answer {
        *lock(&self.answer)
    }
}

async fn ask_again(check: Check, answer: Arc<Mutex<Answer>>, chores: Chores) {
    loop {
        sleep(EVERY).await;
        let asked = ask(vec![check.component().watched(chores)]);
        let unready = asked.unready().await.pop();
        let now = Answer::now(unready.is_none(), check.limit);
        let before = std::mem::replace(&mut *lock(&answer), now);
        match unready {
            Some(unready) if before.is_ready => log_not_ready(&unready),
            None if !before.is_ready => {
                event!(Level::INFO, "a component is ready again", component = check.name.as_str());
            }
            _ => {}
        }
    }
}

fn log_not_ready(unready: &Unready) {
    event!(
        Level::WARN,
        "a component is not ready; the health route answers 503 until it is",
        rule = COMPONENT_NOT_READY.name,
        component = unready.name.as_str(),
        reason = unready.fault.to_string().as_str(),
    );
}

fn lock(answer: &Mutex<Answer>) -> MutexGuard<'_, Answer> {
    answer.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_old_answer_is_none() {
        let limit = Duration::from_secs(2);
        let answer = Answer::now(true, limit);
        tokio::time::advance(EVERY + limit).await;
        assert!(answer.is_ready());
        tokio::time::advance(MARGIN + Duration::from_secs(1)).await;
        assert!(!answer.is_ready());
        assert!(!Answer::now(false, limit).is_ready());
    }
}
