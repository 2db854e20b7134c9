//! A server that runs for a test, in the test's own runtime.

use std::net::SocketAddr;

use tokio_util::sync::CancellationToken;

use super::{
    TestStream,
    peers::next_peer,
    pipe::{Door, port},
};
use crate::{Limits, mounted::Lifecycle, server::Checked};

/// The server behind a [`TestClient`](super::TestClient) and its sockets; the last of them takes it along.
#[derive(Debug)]
pub(super) struct Hosted {
    door: Door,
    pub(super) lifecycle: Lifecycle,
    pub(super) limits: Limits,
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
    }
}
