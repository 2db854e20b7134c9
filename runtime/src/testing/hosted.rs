//! A server that runs for a test, in the test's own runtime.

use std::{net::SocketAddr, time::Duration};

use sockeye_rules::render::count;
use tokio_util::sync::CancellationToken;

use super::{
    TestStream,
    peers::next_peer,
    pipe::{Door, port},
};
use crate::{
    Limits,
    server::Checked,
    shutdown::{LAST_WORDS, Lifecycle},
};

/// The server behind a [`TestClient`](super::TestClient) and its sockets; dropping the last of them drops the server.
#[derive(Debug)]
pub(super) struct Hosted {
    door: Door,
    lifecycle: Lifecycle,
    limits: Limits,
    stop: CancellationToken,
    ended: CancellationToken,
}

impl Hosted {
    pub(super) fn new(checked: Checked) -> Self {
        let (door, pipes) = port();
        let (stop, ended) = (CancellationToken::new(), CancellationToken::new());
        let (lifecycle, limits) = (checked.lifecycle().clone(), checked.limits());
        let (stopped, guard) = (stop.clone(), ended.clone().drop_guard());
        tokio::spawn(async move {
            checked.serve_over(pipes, stopped.cancelled_owned()).await;
            drop(guard);
        });
        Self { door, lifecycle, limits, stop, ended }
    }

    pub(super) fn dial(&self, peer: Option<SocketAddr>) -> TestStream {
        self.door.open(peer.unwrap_or_else(next_peer))
    }

    /// Waits until the server is idle: no unread byte, no request in progress, no running handler.
    pub(super) async fn idle(&self) {
        let (connections, requests, flows) =
            (&self.lifecycle.connections, &self.lifecycle.requests, self.door.flows());
        loop {
            let (vacated, answered, changed) = (connections.vacated(), requests.answered(), flows.changed());
            // Bytes become a request, and a request becomes a handler: checked in this order, nothing is missed. While
            // handlers run, the rest need not be checked.
            if connections.is_empty()
                && flows.under_way().is_none()
                && requests.number() == 0
                && connections.is_empty()
            {
                return;
            }
            tokio::select! {
                () = vacated => {}
                () = answered => {}
                () = changed => {}
            }
        }
    }

    /// What is not finished after a time, as text; `None` if everything is.
    pub(super) fn left_after(&self, time: Duration) -> Option<String> {
        let handlers = self.lifecycle.connections.present();
        if !handlers.is_empty() {
            let named: Vec<_> = handlers.iter().map(|one| format!("\n  {one}")).collect();
            let run = if handlers.len() == 1 { "runs" } else { "run" };
            return Some(format!(
                "{} still {run} after {time:?}:{}",
                count(handlers.len(), "handler"),
                named.concat()
            ));
        }
        let requests = self.lifecycle.requests.number();
        if requests > 0 {
            return Some(format!("{} unanswered after {time:?}", count(requests, "request")));
        }
        let peer = self.door.flows().under_way()?;
        Some(format!("the server has not read what {peer} sent after {time:?}"))
    }

    /// The longest time that the server may take to shut down.
    pub(super) fn time_to_end(&self) -> Duration {
        self.lifecycle.notice.saturating_add(self.limits.shutdown_timeout).saturating_add(LAST_WORDS)
    }

    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    pub(super) async fn ended(&self) {
        self.ended.cancelled().await;
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.stop();
        // The runtime of a test that ends now drops the server before it sees that: then it is not warned of.
        if self.lifecycle.connections.is_empty() {
            self.lifecycle.stop();
        }
    }
}
