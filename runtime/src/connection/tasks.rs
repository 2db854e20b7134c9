//! Tasks that end with their connection.

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument as _;

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
        let task = async move { _ = over.run_until_cancelled_owned(task).await };
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
