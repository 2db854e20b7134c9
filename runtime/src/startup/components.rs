//! Checks all components concurrently, each in its own task and with a time limit.

use std::{fmt, pin::Pin, time::Duration};

use futures_util::future::join_all;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::AbortOnDropHandle;
use tracing::instrument::WithSubscriber as _;

use crate::{Ready, Result, limits::finite, panic, watchdog::Chores};

/// A component before its check.
pub(crate) struct Component {
    name: String,
    limit: Duration,
    ask: Pin<Box<dyn Future<Output = Result> + Send>>,
}

/// A component that is not ready.
#[derive(Debug)]
pub(crate) struct Unready {
    pub(crate) name: String,
    pub(crate) fault: Fault,
}

#[derive(Debug)]
pub(crate) enum Fault {
    /// The component's own error message.
    Failed(String),
    Panicked(String),
    Silent(Duration),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(words) => f.write_str(words),
            Self::Panicked(words) => write!(f, "its readiness check panicked: {words}"),
            Self::Silent(limit) => write!(f, "no answer within {limit:?}"),
        }
    }
}

/// Components that are being checked.
pub(crate) struct Asked(Vec<Answering>);

struct Answering {
    name: String,
    limit: Duration,
    until: Instant,
    task: AbortOnDropHandle<Result>,
}

impl Component {
    pub(crate) fn new(name: String, limit: Duration, component: impl Ready) -> Self {
        // Called in the task, so that a panic in the closure itself is caught there.
        Self { name, limit: finite(limit), ask: Box::pin(async move { component.ready().await }) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The same, seen by the watchdog.
    pub(crate) fn watched(self, chores: Chores) -> Self {
        Self { ask: Box::pin(chores.watched(self.ask)), ..self }
    }

    fn start(self) -> Answering {
        let Self { name, limit, ask } = self;
        // The subscriber of the starting program, even if it is only this thread's.
        let task = AbortOnDropHandle::new(tokio::spawn(ask.with_current_subscriber()));
        Answering { name, limit, until: Instant::now() + limit, task }
    }
}

/// Starts all checks.
pub(crate) fn ask(components: Vec<Component>) -> Asked {
    Asked(components.into_iter().map(Component::start).collect())
}

impl Asked {
    /// The components that are not ready, in the order in which they were given.
    pub(crate) async fn unready(self) -> Vec<Unready> {
        join_all(self.0.into_iter().map(Answering::answer)).await.into_iter().flatten().collect()
    }
}

impl Answering {
    async fn answer(self) -> Option<Unready> {
        let fault = match timeout_at(self.until, self.task).await {
            Ok(Ok(Ok(()))) => return None,
            Ok(Ok(Err(error))) => Fault::Failed(error.chain()),
            Ok(Err(ended)) => Fault::Panicked(match ended.try_into_panic() {
                Ok(panic) => panic::words(&*panic),
                Err(cancelled) => cancelled.to_string(),
            }),
            Err(_) => Fault::Silent(self.limit),
        };
        Some(Unready { name: self.name, fault })
    }
}
