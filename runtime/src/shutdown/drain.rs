//! Shuts a server down: notice, 1001 to every socket, the time to drain, and cutting off the rest.

use std::time::Duration;

use tokio::runtime::Handle;
use tracing::Level;

use super::{Lifecycle, Shutdown, never};
use crate::{connection::Present, log::event};

/// Shuts the server down: notice for load balancers, 1001 to every socket, and the time to drain; when that is over, or
/// when `again` completes, the rest is cut off.
pub(crate) async fn drain(lifecycle: &Lifecycle, limit: Duration, again: Shutdown) {
    end(lifecycle, lifecycle.notice, limit, again).await;
}

async fn end(lifecycle: &Lifecycle, notice: Duration, limit: Duration, again: Shutdown) {
    lifecycle.tell();
    let early = tokio::select! {
        all_ended = wind_up(lifecycle, notice, limit) => (!all_ended).then_some(Early::TimeIsOver),
        () = again => Some(Early::Signal),
    };
    if let Some(early) = early {
        log_what_is_left(early, &lifecycle.connections.present());
        lifecycle.cut();
        // Code that is cut off still writes something: a response, a closing event.
        let _said_or_not = tokio::time::timeout(LAST_WORDS, lifecycle.tasks.wait()).await;
    }
    lifecycle.sever();
    lifecycle.flood.flush();
}

/// Why a server ends before its connections have.
#[derive(Clone, Copy)]
enum Early {
    TimeIsOver,
    Signal,
}

/// How long shutdown waits for code that was cut off.
pub(crate) const LAST_WORDS: Duration = Duration::from_millis(250);

/// Returns whether everything has ended in time.
async fn wind_up(lifecycle: &Lifecycle, notice: Duration, limit: Duration) -> bool {
    tokio::time::sleep(notice).await;
    lifecycle.stop();
    let all_over = async {
        lifecycle.connections.stop(limit).await;
        lifecycle.tasks.wait().await;
    };
    tokio::time::timeout(limit, all_over).await.is_ok()
}

fn log_what_is_left(early: Early, handlers: &[Present]) {
    const NAMED: usize = 8;
    let named: Vec<_> = handlers.iter().take(NAMED).map(ToString::to_string).collect();
    let more = if handlers.len() > NAMED { ", .." } else { "" };
    let (open, handlers) = (handlers.len(), format!("{}{more}", named.join(", ")));
    macro_rules! log {
        ($message:literal) => {
            event!(Level::WARN, $message, open = open, handlers = handlers)
        };
    }
    match early {
        Early::TimeIsOver => log!("the shutdown timeout is over; open connections are cut off"),
        Early::Signal => log!("a signal during the shutdown ended it early; open connections are cut off"),
    }
}

/// A server that has not ended. If it is dropped, like a future that lost a `select!` or was aborted, nothing listens any more and
/// no caller waits for the open connections: they are shut down in a separate task.
pub(crate) struct Unfinished {
    lifecycle: Lifecycle,
    limit: Duration,
    ended: bool,
}

impl Unfinished {
    pub(crate) fn new(lifecycle: Lifecycle, limit: Duration) -> Self {
        Self { lifecycle, limit, ended: false }
    }

    /// The server has ended.
    pub(crate) fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let (lifecycle, limit) = (self.lifecycle.clone(), self.limit);
        let open = lifecycle.connections.present().len();
        // A server that is stopping and has no connections left has nothing to lose.
        if open > 0 || !lifecycle.is_stopping() {
            event!(
                Level::WARN,
                "the server future was dropped before it completed; its connections are closed",
                open = open,
                help = "await the server future to the end; pass a future that stops the server to `Server::shutdown`",
            );
        }
        let Ok(runtime) = Handle::try_current() else {
            lifecycle.cut();
            return lifecycle.sever();
        };
        runtime.spawn(async move { end(&lifecycle, Duration::ZERO, limit, never()).await });
    }
}
