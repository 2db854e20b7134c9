//! Tasks that end with their connection.

use std::{future::poll_fn, pin::pin};

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument as _;

use crate::watchdog;

/// The tasks of one connection. Nothing is locked while one is spawned, polled or dropped: all of that runs code of the handler's.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    tracker: TaskTracker,
    over: CancellationToken,
}

impl Tasks {
    /// Runs a task until it ends or the connection does. Dropped at once if the connection has ended.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if self.over.is_cancelled() {
            return;
        }
        let over = self.over.clone();
        // Spawned by its handler, or by another of its tasks: it is named as the handler is.
        let subject = watchdog::current();
        let task = async move {
            let mut task = pin!(over.run_until_cancelled_owned(task));
            poll_fn(|cx| watchdog::polled(subject, || task.as_mut().poll(cx))).await;
        };
        self.tracker.spawn(task.in_current_span());
    }

    /// Tells every task that it is over.
    pub(super) fn cancel(&self) {
        self.over.cancel();
    }

    /// The same, and waits until all are dropped.
    pub(super) async fn end(&self) {
        self.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}
