//! Tasks that end with their connection.

use std::{future::poll_fn, pin::pin};

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument as _;

use crate::watchdog;

/// The tasks of one connection. No lock is held while one is spawned, polled or dropped: each of these runs the handler's code.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    tracker: TaskTracker,
    over: CancellationToken,
}

impl Tasks {
    /// Runs a task until it ends or the connection does. Dropped immediately if the connection has ended.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if self.over.is_cancelled() {
            return;
        }
        let over = self.over.clone();
        // Spawned by its handler, or by another of its tasks: the watchdog reports it under the handler's name.
        let subject = watchdog::current();
        let task = async move {
            let mut task = pin!(over.run_until_cancelled_owned(task));
            poll_fn(|cx| watchdog::polled(subject, || task.as_mut().poll(cx))).await;
        };
        self.tracker.spawn(task.in_current_span());
    }

    /// Cancels every task.
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
